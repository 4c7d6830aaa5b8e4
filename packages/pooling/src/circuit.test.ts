// A circuit opens at the first failure, asks one at a time and later each time, and lets a few more in with each that succeeds.
import { expect, test } from 'vitest';
import { Circuit, shortTroubleMs } from './circuit.ts';

const away = { kind: 'unreachable', cause: 'away' } as const;

function opened(atMs = 0): Circuit {
  const circuit = new Circuit();
  circuit.failed(circuit.begin(atMs), away, atMs);
  return circuit;
}

test('while it is open one attempt at a time begins, at intervals that double up to two seconds, or to a half of that', () => {
  const circuit = opened();
  let nowMs = 0;
  const pauses: number[] = [];
  for (let tries = 0; tries < 7; tries++) {
    const failedAtMs = nowMs;
    while (!circuit.mayBegin(nowMs)) nowMs++;
    pauses.push(nowMs - failedAtMs);
    const attempt = circuit.begin(nowMs);
    expect(circuit.mayBegin(nowMs + 60_000)).toBe(false);
    expect(circuit.failed(attempt, away, nowMs)).toBe(false);
  }
  for (const [index, wholeMs] of [100, 200, 400, 800, 1_600, 2_000, 2_000].entries()) {
    expect(pauses[index]).toBeGreaterThanOrEqual(wholeMs / 2);
    expect(pauses[index]).toBeLessThanOrEqual(wholeMs);
  }
});

test('what was begun before it opened neither hurries nor delays it', () => {
  const circuit = new Circuit();
  const early = [circuit.begin(0), circuit.begin(0), circuit.begin(0)];
  expect(circuit.failed(early[0]!, away, 0)).toBe(true);
  expect(circuit.failed(early[1]!, away, 50)).toBe(false);
  expect(circuit.answered(early[2]!, 60)).toBe(false);
  expect([circuit.state, circuit.mayBegin(49), circuit.mayBegin(100)]).toEqual(['open', false, true]);
});

test('after a success two may begin, after each further one another, until it is closed', () => {
  const circuit = opened();
  expect(circuit.answered(circuit.begin(100), 110)).toBe(true);
  expect(circuit.state).toBe('recovering');
  const rounds: number[] = [];
  while (circuit.state === 'recovering') {
    const attempts = [];
    while (circuit.mayBegin(120)) attempts.push(circuit.begin(120));
    rounds.push(attempts.length);
    for (const attempt of attempts) circuit.answered(attempt, 120);
  }
  expect(rounds).toEqual([2, 4, 8]);
  expect(circuit).toMatchObject({ state: 'closed', trouble: null, opens: 1 });
});

test('a failure while it recovers opens it again, and the trouble is still the same one', () => {
  const circuit = opened();
  circuit.answered(circuit.begin(100), 110);
  circuit.failed(circuit.begin(120), away, 130);
  expect(circuit).toMatchObject({ state: 'open', opens: 1, troubleSinceMs: 0, sinceMs: 130 });
  expect(circuit.isLong(shortTroubleMs - 1)).toBe(false);
  expect(circuit.isLong(shortTroubleMs)).toBe(true);
});

test('where few are wanted it closes after ten seconds without a failure', () => {
  const circuit = opened();
  circuit.answered(circuit.begin(100), 110);
  expect(circuit.look(10_109)).toBe(false);
  expect(circuit.look(10_110)).toBe(true);
  expect(circuit.state).toBe('closed');
});
