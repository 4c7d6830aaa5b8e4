// A state of health is believed at the second look, ten seconds after the first; a new endpoint's at the first.
import { expect, test } from 'vitest';
import { type EndpointHealth, nextHealth, type Observation, unknownHealth } from './health.ts';

const well: Observation = { state: 'healthy', code: null, latencyMs: 4, by: 'check' };
const away: Observation = { state: 'unreachable', code: 'upstream-refused', latencyMs: null, by: 'traffic' };
const startMs = Date.parse('2026-01-01T00:00:00.000Z');

function after(...looks: readonly (readonly [seconds: number, seen: Observation])[]): EndpointHealth {
  return looks.reduce(
    (health, [seconds, seen]) => nextHealth(health, seen, startMs + seconds * 1000),
    unknownHealth,
  );
}

test('the first look of all is believed at once', () => {
  expect(after([0, away])).toMatchObject({ state: 'unreachable', code: 'upstream-refused', doubt: null });
});

test('one look that says otherwise is a doubt, and another ten seconds later a new state', () => {
  expect(after([0, well], [60, away])).toMatchObject({ state: 'healthy', code: null, latencyMs: 4 });
  expect(after([0, well], [60, away], [69, away]).state).toBe('healthy');
  expect(after([0, well], [60, away], [70, away])).toMatchObject({
    state: 'unreachable',
    since: '2026-01-01T00:01:10.000Z',
    code: 'upstream-refused',
  });
});

test('a doubt that the next look does not share is forgotten', () => {
  expect(after([0, well], [60, away], [65, well], [75, away]).state).toBe('healthy');
});

test('the cause follows while the state stays', () => {
  const refused = after([0, away], [60, { ...away, code: 'upstream-dns' }]);
  expect(refused).toMatchObject({
    state: 'unreachable',
    code: 'upstream-dns',
    since: '2026-01-01T00:00:00.000Z',
  });
});

test('only a check that went well is one that has read the limits', () => {
  expect(after([0, well], [60, { ...well, by: 'traffic' }]).checkedAt).toBe('2026-01-01T00:00:00.000Z');
  expect(after([0, away]).checkedAt).toBe(null);
});
