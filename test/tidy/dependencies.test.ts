// Who may import whom: the floors of ARCHITECTURE.md as a table, and every import checked against it.
import { expect, test } from 'vitest';
import {
  type Import,
  importsOf,
  isForTests,
  packageFolderOf,
  rootTools,
  type SourceFile,
  shown,
  targetOf,
  typeScriptFiles,
  workspacePackages,
} from './repository.ts';

/** Packages in the order of their floors, each with those of ours that it may import. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  scram: [],
  tenancy: [],
  'api-contract': ['tenancy'],
  sql: [],
  leases: [],
  pooling: ['protocol', 'sql', 'tenancy'],
  net: ['protocol'],
  catalog: ['tenancy'],
  fleet: ['leases', 'tenancy'],
  telemetry: [],
  'local-servers': [],
};

const packages = workspacePackages();
const folderByName = new Map([...packages.values()].map((one) => [one.name, one.folder]));
const tools = rootTools();
const files = typeScriptFiles();
const imports = files.flatMap((file) => importsOf(file));

test('every package stands in the table, and the table holds no other', () => {
  const present = [...packages.keys()].filter((folder) => folder.startsWith('packages/'));
  expect(Object.keys(mayImport).sort()).toEqual(present.map((folder) => folder.slice(9)).sort());
});

test('imports between packages go down only, and only where the table says', () => {
  expect(imports.filter(isWeir).filter(isForbidden).map(shown)).toEqual([]);
});

test('a package is imported by its name and by what it exports', () => {
  const deep = imports.filter(isWeir).filter((one) => {
    const target = packages.get(folderByName.get(packageNameOf(one.specifier)) ?? '');
    const path = `.${one.specifier.slice(packageNameOf(one.specifier).length)}`;
    return target === undefined || target.exports[path] === undefined;
  });
  expect(deep.map(shown)).toEqual([]);
});

test('a relative import stays inside its package and names a file that exists', () => {
  const paths = new Set(files.map((file) => file.path));
  const wrong = imports.filter((one) => {
    // Data, such as the version in the root's package.json, may be read from anywhere.
    if (!one.specifier.startsWith('.') || one.specifier.endsWith('.json')) return false;
    const target = targetOf(one);
    if (packageFolderOf(target) !== packageFolderOf(one.from.path)) return true;
    return /\.tsx?$/.test(target) && !paths.has(target);
  });
  expect(wrong.map(shown)).toEqual([]);
});

test('every import is declared in the package.json of the package that has it', () => {
  const undeclared = imports.filter((one) => {
    if (one.specifier.startsWith('.') || one.specifier.startsWith('node:')) return false;
    const name = packageNameOf(one.specifier);
    const owner = packages.get(packageFolderOf(one.from.path))!;
    return !owner.declared.has(name) && !(isToolUser(one.from) && tools.has(name));
  });
  expect(undeclared.map(shown)).toEqual([]);
});

test("Node's own modules are imported with node: in front", () => {
  const bare =
    /^(?:assert|buffer|child_process|crypto|dns|events|fs|http|https|net|os|path|stream|tls|url|util|worker_threads|zlib)(?:\/|$)/;
  expect(imports.filter((one) => bare.test(one.specifier)).map(shown)).toEqual([]);
});

function isWeir(one: Import): boolean {
  return one.specifier.startsWith('@weir/');
}

function isForbidden(one: Import): boolean {
  const importer = packageFolderOf(one.from.path);
  const target = folderByName.get(packageNameOf(one.specifier));
  if (target === undefined) return true;
  if (importer === target) return false;
  if (importer.startsWith('packages/')) {
    const allowed = mayImport[importer.slice(9)] ?? [];
    return !allowed.some((name) => target === `packages/${name}`);
  }
  if (importer.startsWith('apps/')) return !target.startsWith('packages/');
  return !target.startsWith('packages/') && target !== 'test/harness';
}

function packageNameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Tests and whatever is not shipped may use the tools of the root, such as vitest. */
function isToolUser(file: SourceFile): boolean {
  return isForTests(file) || file.path.startsWith('test/') || /\.config\.ts$/.test(file.path);
}
