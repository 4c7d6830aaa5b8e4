// Ids: their form, their reserved names, their even spread.
import { expect, test } from 'vitest';
import { adjectives, nouns } from './id-words.ts';
import {
  isEndpointId,
  isOrganisationId,
  isTenantId,
  newEndpointId,
  newOrganisationId,
  newTenantId,
  reservedNames,
} from './ids.ts';

/** A small generator with a printed seed, so that a failure can be played again. */
function seeded(seed: number) {
  let state = seed >>> 0 || 1;
  return (n: number) =>
    Uint8Array.from({ length: n }, () => {
      state ^= state << 13;
      state >>>= 0;
      state ^= state >>> 17;
      state ^= state << 5;
      state >>>= 0;
      return state & 0xff;
    });
}

test('new ids have the form that the checks ask for', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  console.log(`seed=${seed}`);
  const randomBytes = seeded(seed);
  for (let i = 0; i < 500; i++) {
    expect(isTenantId(newTenantId(randomBytes))).toBe(true);
    expect(isOrganisationId(newOrganisationId(randomBytes))).toBe(true);
    const id = newEndpointId(randomBytes);
    expect(isEndpointId(id)).toBe(true);
    expect(id.length).toBeLessThanOrEqual(63 - '-pooler'.length);
  }
});

test('an id never ends in a reserved name, even if its digits spell one', () => {
  expect(isEndpointId('ep-quiet-river-pooler')).toBe(false);
  expect(isEndpointId('ep-quiet-river-poole1')).toBe(true);
  // Draws adjective 0, noun 0, then p o o l e r, then something else.
  const draws = [0, 0, 25, 24, 24, 21, 14, 27, 0, 0, 1, 2, 3, 4, 5, 6];
  let next = 0;
  const id = newEndpointId((n) => Uint8Array.from({ length: n }, () => draws[next++]!));
  expect(id).toMatch(/-123456$/);
});

test('bytes that would favour some digits are drawn again', () => {
  const draws = [255, 252, 35];
  let next = 0;
  expect(newTenantId((n) => Uint8Array.from({ length: n }, () => draws[next++] ?? 0))).toBe(
    'tn_z0000000000000000000',
  );
});

test('no word is reserved, doubled or out of form', () => {
  for (const words of [adjectives, nouns]) {
    expect(new Set(words).size).toBe(words.length);
    for (const word of words) {
      expect(word).toMatch(/^[a-z]{2,12}$/);
      expect(reservedNames).not.toContain(word);
    }
  }
});

test('what only looks like an id is none', () => {
  for (const text of [
    '',
    'ep',
    'ep-a-b-c',
    'EP-calm-river-abc123',
    'ep-calm-river-abc1234',
    'ep-calm-river-abc12',
    'ep-calm-api-abc123',
  ]) {
    expect(isEndpointId(text)).toBe(false);
  }
  for (const text of ['', 'tn_', 'tn_ABCDEFGHIJKLMNOPQRST', 'tn_000000000000000000000'])
    expect(isTenantId(text)).toBe(false);
});
