// Floors 0 and 1 decide and don't act: no clock, no randomness, no timer, no environment, nothing of Node's.
import { expect, test } from 'vitest';
import { codeWithoutWords } from './code-without-words.ts';
import { filesBelow, importsOf, isForTests, shown } from './repository.ts';

const purePackages = ['protocol', 'scram', 'tenancy', 'api-contract', 'sql', 'leases', 'pooling'];
const files = purePackages
  .flatMap((name) => filesBelow(`packages/${name}/src`, /\.tsx?$/))
  .filter((file) => !isForTests(file));

/** What must not be found, and what to use in its place. */
const impure: readonly [RegExp, string][] = [
  [/(?<![.\w])Date\.now\b/, 'take `now` as an argument'],
  [/\bnew Date\(\s*\)/, 'take `now` as an argument'],
  [/(?<![.\w])performance\./, 'take `now` as an argument'],
  [/(?<![.\w])Math\.random\b/, 'take random bytes or a generator as an argument'],
  [/(?<![.\w])set(?:Timeout|Interval|Immediate)\b/, 'return when to look again'],
  [/(?<![.\w])process\./, 'take it as an argument'],
  [/(?<![.\w])console\./, 'return what happened'],
  [/(?<![.\w])Buffer\b/, 'use Uint8Array'],
  [
    /\b(?:bytes|body|frame|payload)\.slice\(/,
    'use copyOf: what comes from a socket is a Buffer, whose slice shares memory',
  ],
];

test('pure packages import nothing of Node, but for node:crypto in scram', () => {
  const found = files
    .flatMap((file) => importsOf(file))
    .filter((one) => {
      if (!one.specifier.startsWith('node:')) return false;
      return !(one.specifier === 'node:crypto' && one.from.path.startsWith('packages/scram/'));
    });
  expect(found.map(shown)).toEqual([]);
});

test('scram takes no randomness from node:crypto', () => {
  const random = /import\s*\{[^}]*\brandom\w*[^}]*\}\s*from 'node:crypto'/;
  const found = files.filter(
    (file) => random.test(file.text) || /\* as \w+ from 'node:crypto'/.test(file.text),
  );
  expect(found.map((file) => file.path)).toEqual([]);
});

test('pure packages have no clock, randomness, timer, environment, log or Buffer', () => {
  const found: string[] = [];
  for (const file of files) {
    for (const [index, line] of codeWithoutWords(file.text).split('\n').entries()) {
      for (const [pattern, instead] of impure) {
        const match = pattern.exec(line);
        if (match !== null) found.push(`${file.path}:${index + 1} has ${match[0]}: ${instead}`);
      }
    }
  }
  expect(found).toEqual([]);
});
