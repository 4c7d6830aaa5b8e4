// What every file must be: opened by a sentence, named for what it holds, and reached from somewhere.
import { expect, test } from 'vitest';
import {
  filesBelow,
  importsOf,
  isForTests,
  isTest,
  nameOf,
  packageFolderOf,
  targetOf,
  typeScriptFiles,
  workspacePackages,
} from './repository.ts';

const files = typeScriptFiles();
const emptyNames = /(?:^|[-.])(?:utils?|helpers?|common|managers?|handlers?)(?:[-.]|$)/;
// Where a program begins, besides what a package exports.
const entryNames = ['main.ts', 'main.tsx', 'global-setup.ts'];

test('every source file opens with a comment that is a whole sentence', () => {
  const scripts = filesBelow('scripts', /\.mjs$/);
  const wrong = [...files, ...scripts].filter((file) => {
    const lines = file.text.replace(/^#!.*\n/, '').split('\n');
    const end = lines.findIndex((line) => !line.startsWith('// '));
    const head = lines.slice(0, end === -1 ? undefined : end).map((line) => line.slice(3));
    return !/^\S.{15,}[.:!?]$/s.test(head.join(' ').trim());
  });
  expect(wrong.map((file) => file.path)).toEqual([]);
});

test('no file or folder has a name that could mean anything', () => {
  const wrong = files.filter((file) => file.path.split('/').some((part) => emptyNames.test(part)));
  expect(wrong.map((file) => file.path)).toEqual([]);
});

test('file names are kebab-case', () => {
  const wrong = files.filter((file) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)+$/.test(nameOf(file)));
  expect(wrong.map((file) => file.path)).toEqual([]);
});

test('every source file is reached from an entry of its package', () => {
  const inSrc = files.filter((file) => file.path.startsWith(`${packageFolderOf(file.path)}/src/`));
  const entries = inSrc.filter((file) => entryNames.includes(nameOf(file))).map((file) => file.path);
  for (const { folder, exports } of workspacePackages().values()) {
    entries.push(...Object.values(exports).map((path) => `${folder}/${path.replace(/^\.\//, '')}`));
  }
  const reached = reachedFrom(entries);
  // What serves tests may be reached from a test; anything else that only a test reaches is dead.
  const reachedByTests = reachedFrom(files.filter(isTest).map((file) => file.path));
  const dead = inSrc.filter(
    (file) =>
      !reached.has(file.path) && !isTest(file) && !(isForTests(file) && reachedByTests.has(file.path)),
  );
  expect(dead.map((file) => file.path)).toEqual([]);
});

function reachedFrom(entries: readonly string[]): ReadonlySet<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const one of importsOf(file)) if (one.specifier.startsWith('.')) open.push(targetOf(one));
  }
  return reached;
}
