// Pauses between attempts: longer each time, within bounds, and spread over those who failed together.
import { expect, test } from 'vitest';
import { RetryPauses } from './retry-pause.ts';
import { Upstream } from './upstream.ts';

const away = { kind: 'unreachable', cause: 'away' } as const;

/** When each of `processes` whose circuits open at the same moment begins each of its first `attempts` attempts, which all fail at once. */
function attemptsOf(processes: number, attempts: number): number[][] {
  return Array.from({ length: processes }, (_, number) => {
    const circuit = new Upstream('db.example.com:5432', 10, `node-1-${number}`).circuitFor('route');
    circuit.failed(circuit.begin(0), away, 0);
    const begun: number[] = [];
    for (let nowMs = 0; begun.length < attempts; nowMs++) {
      if (!circuit.mayBegin(nowMs)) continue;
      begun.push(nowMs);
      circuit.failed(circuit.begin(nowMs), away, nowMs);
    }
    return begun;
  });
}

/** Most of them within `widthMs` of each other. */
function mostTogether(times: readonly number[], widthMs: number): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + widthMs).length));
}

test('each pause is from half of what the failures ask for up to the whole, which doubles up to two seconds', () => {
  for (let seed = 0; seed < 200; seed++) {
    const pauses = new RetryPauses(`process ${seed}`);
    for (const [index, wholeMs] of [100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000].entries()) {
      const pauseMs = pauses.afterMs(index + 1);
      expect(pauseMs).toBeGreaterThanOrEqual(wholeMs / 2);
      expect(pauseMs).toBeLessThanOrEqual(wholeMs);
    }
  }
});

test('a hundred processes that lose their database at the same moment do not ask for it in step', () => {
  const attempts = attemptsOf(100, 8);
  const nth = (at: number): number[] => attempts.map((begun) => begun[at]!);
  // Spread over fifty milliseconds at first, and over seconds later on.
  expect(mostTogether(nth(0), 10)).toBeLessThan(40);
  expect(mostTogether(nth(7), 200)).toBeLessThan(30);
  expect(Math.max(...nth(7)) - Math.min(...nth(7))).toBeGreaterThan(1_000);
});

test('the same process has the same pauses again, and at another server others', () => {
  const pausesOf = (seed: string) => {
    const pauses = new RetryPauses(seed);
    return [1, 2, 3, 3].map((failures) => pauses.afterMs(failures));
  };
  expect(pausesOf('node-1 db-a')).toEqual(pausesOf('node-1 db-a'));
  expect(pausesOf('node-1 db-a')).not.toEqual(pausesOf('node-1 db-b'));
  const [, , third, again] = pausesOf('node-1 db-a');
  expect(again).not.toBe(third);
});
