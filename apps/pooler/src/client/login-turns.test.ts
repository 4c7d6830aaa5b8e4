// That logins begin a few in a turn, and that endpoints take turns.
import { expect, test } from 'vitest';
import { LoginTurns } from './login-turns.ts';

const nextTurn = () => new Promise<void>((done) => setImmediate(done));

test('a few begin at once, and the rest a few in each turn', async () => {
  const turns = new LoginTurns();
  let begun = 0;
  for (let i = 0; i < 10; i++) {
    const wait = turns.begin('ep-a');
    if (wait === null) begun++;
    else void wait.then(() => begun++);
  }
  const seen = [begun];
  while (begun < 10) {
    await nextTurn();
    seen.push(begun);
  }
  expect(seen.slice(0, 3)).toEqual([4, 8, 10]);
  await nextTurn();
  expect(turns.begin('ep-a')).toBeNull();
});

test('one login of a quiet endpoint begins in the next turn, however many wait at another', async () => {
  const turns = new LoginTurns();
  for (let i = 0; i < 500; i++) void turns.begin('ep-loud');
  let begun = false;
  void turns.begin('ep-quiet')?.then(() => {
    begun = true;
  });
  expect(begun).toBe(false);
  await nextTurn();
  expect(begun).toBe(true);
});
