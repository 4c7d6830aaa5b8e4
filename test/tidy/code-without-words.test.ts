// The stripper the purity rules stand on: code stays, prose goes.
import { expect, test } from 'vitest';
import { codeWithoutWords } from './code-without-words.ts';

test.each([
  ['a comment', 'one(); // process.exit\ntwo();', 'one(); \ntwo();'],
  ['a block comment', 'one(/* console. */);', 'one();'],
  ['a string', "one('process.', \"it's\");", 'one(, );'],
  [
    'a template, but not the code in it',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text.
    'one(`process. ${two({ a: `b${c}` })} Buffer`);',
    'one(two({ a: c }));',
  ],
  ['a regular expression', 'one(/[\'"`/]/g, a / b / c);', 'one(, a / b / c);'],
])('%s is blanked', (_, text, code) => {
  const squeeze = (value: string) => value.replace(/[ \t]+/g, ' ').replace(/\s*([(),;])\s*/g, '$1');
  expect(squeeze(codeWithoutWords(text))).toBe(squeeze(code));
  expect(codeWithoutWords(text).split('\n')).toHaveLength(text.split('\n').length);
});
