// Which texts are one DEALLOCATE of one name.
import { expect, test } from 'vitest';
import { deallocateBytesMax, deallocatedName } from './sql-deallocate.ts';

function nameIn(text: string): string | null {
  const bytes = Buffer.from(`${text}\0`, 'latin1');
  return deallocatedName(bytes, 0, bytes.length);
}

test.each([
  ['DEALLOCATE _pg3_1', '_pg3_1'],
  ['deallocate prepare Plan', 'plan'],
  ['  deallocate\n"My ""plan"""  ;  ', 'My "plan"'],
  ['deallocate "all"', 'all'],
])('%j is of %j', (text, name) => {
  expect(nameIn(text)).toBe(name);
});

test.each([
  'deallocate all',
  'DEALLOCATE ALL;',
  'deallocate a; select 1',
  'declare c cursor for select 1',
  'select 1',
  'deallocate',
  '',
  `deallocate ${' '.repeat(deallocateBytesMax)}a`,
])('%j is not', (text) => {
  expect(nameIn(text)).toBeNull();
});
