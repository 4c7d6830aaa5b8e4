// Whom a list locks out: only who may come today, and graver if nobody is left.
import type { TriedAddressesReply } from '@weir/api-contract';
import { expect, test } from 'vitest';
import { isGrave, lockOutOf } from './lock-out.ts';

function tried(own: boolean, clients: Record<string, [count: number, isAllowed: boolean]>, leftOut = 0) {
  return {
    caller: { address: '192.0.2.1', isAllowed: own },
    clients: Object.entries(clients).map(([address, [count, isAllowed]]) => ({ address, count, isAllowed })),
    leftOut,
  } as TriedAddressesReply;
}

test('who was refused before is not locked out by the change', () => {
  const lockOut = lockOutOf(
    tried(false, { old: [1, false], shop: [2, true] }),
    tried(false, { old: [1, false], shop: [2, true] }),
  );
  expect(lockOut).toMatchObject({ own: null, outside: [], clientsOutside: 0, clientsKnown: 3 });
  expect(isGrave(lockOut)).toBe(false);
});

test('some of the clients are named, and that is no lock-out of all', () => {
  const lockOut = lockOutOf(
    tried(true, { shop: [4, true], till: [1, true] }),
    tried(true, { shop: [4, true], till: [1, false] }),
  );
  expect(lockOut.outside).toEqual([{ address: 'till', count: 1 }]);
  expect(isGrave(lockOut)).toBe(false);
});

test('the person themselves, or every client, is grave; of clients of unknown address nothing is claimed', () => {
  expect(isGrave(lockOutOf(tried(true, {}), tried(false, {})))).toBe(true);
  const [before, after] = [{ shop: [4, true] }, { shop: [4, false] }] as const;
  expect(
    isGrave(lockOutOf(tried(true, { shop: [...before.shop] }), tried(true, { shop: [...after.shop] }))),
  ).toBe(true);
  expect(isGrave(lockOutOf(tried(true, {}, 2), tried(true, { shop: [4, false] }, 2)))).toBe(false);
});
