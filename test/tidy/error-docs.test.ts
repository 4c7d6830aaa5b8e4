// docs/errors.md lists the codes of the pooler's and the control API's error tables: all of them, and no others.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './repository.ts';

const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
const documented = [...page.matchAll(/^\| `([A-Za-z][\w-]*)` \|/gm)].map((match) => match[1]!);

test('docs/errors.md lists exactly the codes that the code has', () => {
  const codes = [...codesOf('apps/pooler/src/errors.ts'), ...codesOf('apps/control-api/src/errors.ts')];
  expect([...documented].sort()).toEqual(codes.sort());
});

test('docs/errors.md lists each code once', () => {
  expect(documented.filter((code, index) => documented.indexOf(code) !== index)).toEqual([]);
});

/** The keys of the file's table, which ends in `as const`. Read as text, since tests don't import apps. */
function codesOf(path: string): string[] {
  const source = readFileSync(join(root, path), 'utf8');
  const table = /^(?:export )?const \w+ = \{\n([\s\S]*?)^\} as const/m.exec(source)?.[1];
  if (table === undefined) throw new Error(`${path} has no table that ends in "as const"`);
  const codes = [...table.matchAll(/^ {2}'?([A-Za-z][\w-]*)'?: \{/gm)].map((match) => match[1]!);
  if (codes.length === 0) throw new Error(`${path} has a table without rows`);
  return codes;
}
