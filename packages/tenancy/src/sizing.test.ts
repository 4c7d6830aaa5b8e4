// The sizing formula against the table that managed services publish.
import { expect, test } from 'vitest';
import { computeSizing, connectionsByRam, gibibyte } from './sizing.ts';

const table = [
  [1, 112],
  [2, 225],
  [4, 450],
  [8, 901],
  [12, 1351],
  [16, 1802],
  [20, 2253],
  [24, 2703],
  [28, 3154],
  [32, 3604],
  [36, 4000],
  [40, 4000],
] as const;

test.each(table)('%i GB of memory pay for %i connections', (gigabytes, connections) => {
  expect(connectionsByRam(gigabytes * gibibyte)).toBe(connections);
  const sizing = computeSizing({
    ramBytes: gigabytes * gibibyte,
    maxConnections: null,
    reservedConnections: null,
  });
  expect(sizing.budget).toBe(connections - 7);
});

test('the server has the last word, and the reserve comes off after it', () => {
  const sizing = computeSizing({ ramBytes: 12 * gibibyte, maxConnections: 100, reservedConnections: 3 });
  expect(sizing).toEqual({
    ramBytes: 12 * gibibyte,
    divisorBytes: 9_531_392,
    cap: 4000,
    reserve: 7,
    maxConnections: 100,
    reservedConnections: 3,
    budget: 90,
  });
});

test('divisor, cap and reserve can be chosen', () => {
  expect(
    computeSizing({
      ramBytes: 1000,
      divisorBytes: 10,
      cap: 50,
      reserve: 0,
      maxConnections: null,
      reservedConnections: null,
    }).budget,
  ).toBe(50);
});

test('a budget is never below one', () => {
  expect(computeSizing({ ramBytes: 1, maxConnections: 5, reservedConnections: 5 }).budget).toBe(1);
});

test('numbers out of range are refused by name', () => {
  const probe = { maxConnections: null, reservedConnections: null };
  expect(() => computeSizing({ ramBytes: 0, ...probe })).toThrow(/ramBytes/);
  expect(() => computeSizing({ ramBytes: 1.5, ...probe })).toThrow(/ramBytes/);
  expect(() => computeSizing({ ramBytes: 1, reserve: -1, ...probe })).toThrow(/reserve/);
  expect(() => computeSizing({ ramBytes: 1, cap: Number.NaN, ...probe })).toThrow(/cap/);
});
