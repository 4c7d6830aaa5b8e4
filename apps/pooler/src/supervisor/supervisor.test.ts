// What a supervisor says of processes that have ended: only what it has waited for, and also to those that come later. And that it starts none once it has killed all.
import { createLogger } from '@weir/telemetry';
import { afterEach, expect, test, vi } from 'vitest';
import type { PoolerProcess, ProcessEnd } from './pooler-process.ts';
import { Supervisor } from './supervisor.ts';

/** A process without a process: a test says when it is ready, and how it ends. */
class FakeProcess {
  readonly processId: string;
  readonly pid = 1;
  readonly startedAtMs = 0;
  heardAtMs = 0;
  state: PoolerProcess['state'] = 'starting';
  stoodStill = false;
  readonly told: string[] = [];
  becomeReady = (_ready: boolean): void => {};
  end = (_end: ProcessEnd): void => {};
  readonly whenReady = new Promise<boolean>((resolve) => {
    this.becomeReady = (ready) => {
      if (ready) this.state = 'ready';
      resolve(ready);
    };
  });
  readonly ended = new Promise<ProcessEnd>((resolve) => {
    this.end = (end) => {
      this.state = 'ended';
      this.becomeReady(false);
      resolve(end);
    };
  });

  constructor(processId: string) {
    this.processId = processId;
  }

  tellEnded(processIds: readonly string[]): void {
    this.told.push(...processIds);
  }

  drain(): void {
    this.state = 'draining';
  }

  kill(): void {}
}

const killed: ProcessEnd = { code: null, signal: 'SIGKILL' };
let supervisor: Supervisor;
let started: FakeProcess[];
let nowMs: number;
afterEach(() => {
  supervisor.kill();
  vi.useRealTimers();
});

/** Two places, whose processes are ready. */
async function twoPlaces(): Promise<void> {
  const all: FakeProcess[] = [];
  started = all;
  nowMs = 1_000;
  supervisor = new Supervisor({
    count: 2,
    start(slot) {
      const process = new FakeProcess(`${slot}-${all.length}`);
      all.push(process);
      return process as unknown as PoolerProcess;
    },
    drainTimeoutMs: 1_000,
    now: () => nowMs,
    log: createLogger({ name: 'test', level: 'silent' }),
  });
  const starting = supervisor.start();
  for (const process of started) process.becomeReady(true);
  await starting;
}

/** What follows from what has just happened has been done. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('those that run are told at once which process has ended, and its replacement once it is ready', async () => {
  await twoPlaces();
  const [victim, other] = started;
  // Long enough that it is replaced at once.
  nowMs += 120_000;
  victim!.end(killed);
  await settled();
  expect(other!.told).toEqual(['0-0']);
  while (started.length < 3) await settled();
  const [, , replacement] = started;
  expect(replacement!.told).toEqual([]);
  replacement!.becomeReady(true);
  await settled();
  expect(replacement!.told).toEqual(['0-0']);
});

test('one that is silent, or drains, has not ended, and of one that could not be started nothing is known', async () => {
  await twoPlaces();
  const [frozen, other] = started;
  frozen!.heardAtMs = -60_000;
  frozen!.drain();
  await settled();
  expect(other!.told).toEqual([]);
  frozen!.end({ code: null, signal: null });
  await settled();
  expect(other!.told).toEqual([]);
});

test('what ended more than a minute ago is told to nobody new', async () => {
  await twoPlaces();
  const [first, other] = started;
  nowMs += 120_000;
  first!.end(killed);
  await settled();
  while (started.length < 3) await settled();
  nowMs += 120_000;
  other!.end({ code: 1, signal: null });
  await settled();
  started[2]!.becomeReady(true);
  await settled();
  expect(started[2]!.told).toEqual(['1-1']);
});

test('a supervisor that has killed all starts nobody in the place of one that had ended before', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await twoPlaces();
  started[0]!.end(killed);
  await settled();
  supervisor.kill();
  vi.advanceTimersByTime(60_000);
  expect(started).toHaveLength(2);
});
