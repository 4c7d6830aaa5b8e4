// The repository as the tidy tests see it: its text files, its packages, and which file imports what.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeWithoutWords } from './code-without-words.ts';

/** Where the repository is. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const notOurs = new Set(['node_modules', 'dist', 'coverage', '.git', '.turbo', '.weir', 'pnpm-lock.yaml']);

/** One text file; `path` is relative to the root, with slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A workspace package: `packages/x`, `apps/x` or `test/x`. */
export interface WorkspacePackage {
  readonly folder: string;
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  /** Names in dependencies and devDependencies. */
  readonly declared: ReadonlySet<string>;
}

/** One import, `export … from`, `import()` or `new URL(…, import.meta.url)` of a file. */
export interface Import {
  readonly from: SourceFile;
  readonly line: number;
  readonly specifier: string;
}

/** Every file below `folder` whose name matches, generated and foreign ones left out. */
export function filesBelow(folder: string, name: RegExp): SourceFile[] {
  const files: SourceFile[] = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (notOurs.has(entry.name)) continue;
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) files.push(...filesBelow(path, name));
    else if (entry.isFile() && name.test(entry.name)) {
      files.push({ path, text: readFileSync(join(root, path), 'utf8') });
    }
  }
  return files.sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** TypeScript files of packages, apps and tests. */
export function typeScriptFiles(): SourceFile[] {
  return ['packages', 'apps', 'test'].flatMap((folder) => filesBelow(folder, /\.tsx?$/));
}

export function isTest(file: SourceFile): boolean {
  return /\.test\.tsx?$/.test(file.path);
}

/** True for what only tests use: tests themselves, and the folders `testing` and `fixtures` beside them. */
export function isForTests(file: SourceFile): boolean {
  return isTest(file) || /\/(testing|fixtures)\//.test(file.path);
}

/** The folder of the workspace package that a path lies in, such as `packages/net`. */
export function packageFolderOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

/** All workspace packages by folder. */
export function workspacePackages(): ReadonlyMap<string, WorkspacePackage> {
  const found = new Map<string, WorkspacePackage>();
  for (const group of ['packages', 'apps', 'test']) {
    for (const entry of readdirSync(join(root, group), { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const folder = `${group}/${entry.name}`;
      const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      found.set(folder, {
        folder,
        name: manifest.name,
        exports: manifest.exports ?? {},
        declared: namesIn(manifest),
      });
    }
  }
  return found;
}

/** What the root's package.json lends to every package: the tools. */
export function rootTools(): ReadonlySet<string> {
  return namesIn(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
}

const importForms = [
  /^[ \t]*(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^[ \t]*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
  /\bnew URL\(\s*['"](\.{1,2}\/[^'"]+\.tsx?)['"],\s*import\.meta\.url/g,
];

export function importsOf(file: SourceFile): Import[] {
  const code = codeWithoutWords(file.text);
  return importForms.flatMap((form) =>
    [...file.text.matchAll(form)]
      // Examples in strings and comments import nothing: there the keyword is blanked.
      .filter((match) => code.slice(match.index, match.index + match[0].length).trim() !== '')
      .map((match) => ({
        from: file,
        line: file.text.slice(0, match.index + match[0].length).split('\n').length,
        specifier: match[1]!,
      })),
  );
}

/** The path that a relative import leads to. */
export function targetOf(one: Import): string {
  return relative(root, join(root, dirname(one.from.path), one.specifier)).replaceAll('\\', '/');
}

/** `path:line imports specifier`, as an editor can open it. */
export function shown(one: Import): string {
  return `${one.from.path}:${one.line} imports ${one.specifier}`;
}

export function nameOf(file: SourceFile): string {
  return basename(file.path);
}

function namesIn(manifest: {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}): ReadonlySet<string> {
  return new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.devDependencies ?? {}),
    ...Object.keys(manifest.optionalDependencies ?? {}),
  ]);
}
