// The rule of shared state, case by case; random ones are the simulation's.
import { expect, test } from 'vitest';
import { decide, type LeaseRequest, type LeaseState } from './rule.ts';

const blank: LeaseRequest = {
  upstream: 'db:5432',
  holder: 'a',
  seq: 1,
  budget: 10,
  keep: 0,
  used: 0,
  idle: 0,
  held: 0,
  wanted: 0,
  waitMs: 0,
  spare: 0,
  nonce: 'n',
  reopen: null,
  silent: null,
  checked: null,
};

/** Shared state that was open from the start. */
function shared() {
  let state: LeaseState = {
    memory: { runId: 'r', nonce: 'n', open: true, fresh: true },
    holders: new Map(),
    checked: null,
  };
  let seq = 0;
  return {
    ask(changes: Partial<LeaseRequest>, runId = 'r', nowMs = 0) {
      const decision = decide(state, { ...blank, seq: ++seq, ...changes }, runId, nowMs);
      state = decision.state;
      return decision;
    },
    seqOf: (holder: string) => state.holders.get(holder)!.seq,
  };
}

test('spare slots are granted only as far as nobody else waits for them', () => {
  const { ask } = shared();
  expect(ask({ wanted: 1, spare: 3 }).answer.share).toBe(4);
  ask({ holder: 'b', wanted: 9, waitMs: 1 });
  expect(ask({ keep: 1, used: 1, spare: 3 }).answer.share).toBe(1);
});

test('a holder is told what to come down to, unused and idle first, and only as far as somebody waits', () => {
  const { ask } = shared();
  ask({ holder: 'a', wanted: 5 });
  ask({ holder: 'b', wanted: 5 });
  ask({ holder: 'a', keep: 5, used: 5, idle: 1 });
  ask({ holder: 'b', keep: 5, used: 4, idle: 2 });
  const { answer, notes } = ask({ holder: 'c', wanted: 2 });
  expect(answer).toMatchObject({ share: 0, open: true });
  // And the other hears that somebody waits, so that it tells at once what comes to be idle.
  expect(notes).toEqual([
    { upstream: 'db:5432', holder: 'a', limit: 5 },
    { upstream: 'db:5432', holder: 'b', limit: 3 },
  ]);
  expect(ask({ holder: 'b', keep: 5, used: 5, idle: 2 }).answer.limit).toBe(3);
});

test('what is given back is told to who waits, and not granted again to who gave it', () => {
  const { ask } = shared();
  ask({ wanted: 10 });
  ask({ holder: 'b', wanted: 1, waitMs: 9_000 });
  const given = ask({ keep: 9, used: 9, wanted: 5 });
  expect(given.answer.share).toBe(9);
  expect(given.notes).toEqual([{ upstream: 'db:5432', holder: 'b', limit: null }]);
  expect(ask({ holder: 'b', wanted: 1 }).answer.share).toBe(1);
});

test('a lower budget stops everybody from opening until enough has been given back', () => {
  const { ask } = shared();
  ask({ wanted: 6 });
  ask({ holder: 'b', wanted: 4 });
  const lowered = ask({ budget: 8, keep: 6, used: 6, wanted: 1 });
  expect(lowered.answer).toMatchObject({ open: false, share: 6, budget: 8 });
  expect(ask({ holder: 'b', keep: 4, used: 1 }).answer).toMatchObject({ open: false, limit: 1 });
  expect(ask({ holder: 'b', budget: 8, keep: 1, used: 1 }).answer.open).toBe(true);
  expect(ask({ budget: 8, keep: 6, used: 6 }).answer.open).toBe(true);
});

test('another run id closes the memory: nobody is granted anything, and everybody is believed', () => {
  const { ask } = shared();
  ask({ wanted: 6 });
  const other = ask({ holder: 'b', wanted: 4, nonce: 'later' }, 'other');
  expect(other.answer).toMatchObject({ open: false, share: 0, closed: 'later' });
  expect(ask({ keep: 8, used: 8 }, 'other').answer).toMatchObject({ share: 8, open: false });
  expect(ask({ holder: 'b', wanted: 4, reopen: 'n' }, 'other').answer.open).toBe(false);
  const reopened = ask({ holder: 'b', wanted: 4, reopen: 'later' }, 'other');
  expect(reopened.answer).toMatchObject({ share: 0, open: false, closed: null, unchecked: 'later' });
  const checked = { memory: 'later', strangers: 0 };
  expect(ask({ holder: 'b', wanted: 4, checked }, 'other').answer).toMatchObject({ share: 2, open: true });
});

test('what nobody has declared when a memory is opened counts until it is proven to be gone', () => {
  const { ask, seqOf } = shared();
  ask({ wanted: 1, nonce: 'later' }, 'other');
  ask({ wanted: 1, reopen: 'later' }, 'other');
  const old = ask({ wanted: 9, checked: { memory: 'n', strangers: 0 } }, 'other');
  expect(old.answer).toMatchObject({ open: false, unchecked: 'later' });
  const looked = ask({ wanted: 9, checked: { memory: 'later', strangers: 4 } }, 'other');
  expect(looked.answer).toMatchObject({ share: 6, open: true, others: [{ holder: '?', charge: 4 }] });
  const silent = { holder: '?', seq: seqOf('?'), charge: 1 };
  expect(ask({ keep: 6, used: 6, wanted: 3, silent }, 'other').answer.share).toBe(9);
});

test('a silent holder loses what was proven to be gone, and nothing if it has spoken since', () => {
  const { ask, seqOf } = shared();
  ask({ wanted: 6 });
  const seq = seqOf('a');
  ask({ keep: 6, used: 6 });
  const late = ask({ holder: 'b', wanted: 9, silent: { holder: 'a', seq, charge: 0 } });
  expect(late.answer.share).toBe(4);
  const proven = ask({
    holder: 'b',
    keep: 4,
    wanted: 9,
    silent: { holder: 'a', seq: seqOf('a'), charge: 1 },
  });
  expect(proven.answer.share).toBe(9);
});

test('one that was given up and comes back is believed, and then nobody may open', () => {
  const { ask, seqOf } = shared();
  ask({ wanted: 6 });
  ask({ holder: 'b', wanted: 10, silent: { holder: 'a', seq: seqOf('a'), charge: 0 } });
  const back = ask({ keep: 6, used: 2 });
  expect(back.answer).toMatchObject({ share: 6, open: false, known: false });
  expect(ask({ holder: 'b', keep: 10, used: 10 }).answer.open).toBe(false);
});

test("wishes of who has not been heard of for a while don't keep others from slots, nor do those of the future", () => {
  for (const laterMs of [5_000, -5_000]) {
    const { ask } = shared();
    ask({ wanted: 4, keep: 6, used: 6 }, 'r', 0);
    ask({ holder: 'b', wanted: 0, keep: 0 }, 'r', 0);
    expect(ask({ holder: 'c', wanted: 4 }, 'r', laterMs).answer.share).toBe(0);
    ask({ keep: 6, used: 6 }, 'r', laterMs);
    expect(ask({ holder: 'c', wanted: 4 }, 'r', laterMs).answer.share).toBe(4);
  }
});
