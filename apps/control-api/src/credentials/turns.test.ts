// Whose turn it is: one at a time for each key, in order, whatever becomes of those before.
import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test('what has one key is done one after the other, and other keys do not wait for it', async () => {
  const turns = new Turns(10);
  const told: string[] = [];
  const { opened, open } = gate();
  const first = turns.take('a', async () => {
    await opened;
    told.push('first');
    throw new Error('failed');
  });
  const second = turns.take('a', async () => told.push('second'));
  await turns.take('b', async () => told.push('other'));
  expect(told).toEqual(['other']);
  open();
  await expect(first).rejects.toThrow('failed');
  await second;
  expect(told).toEqual(['other', 'first', 'second']);
});

test('more than may wait is turned away until there is room again', async () => {
  const turns = new Turns(2);
  const { opened, open } = gate();
  const held = [turns.take('a', () => opened), turns.take('a', () => opened)];
  expect(turns.take('a', async () => {})).toBeNull();
  expect(turns.take('b', async () => {})).not.toBeNull();
  open();
  await Promise.all(held);
  await expect(turns.take('a', async () => 'in')).resolves.toBe('in');
});
