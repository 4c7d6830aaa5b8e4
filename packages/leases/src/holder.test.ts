// A process's own side: when it may open, what it keeps, whom it holds to be silent.
import { expect, test } from 'vitest';
import { EndedProcesses, holderName } from './ended-processes.ts';
import { type HolderStanding, LeaseHolder } from './holder.ts';
import { type LeaseAnswer, overtaken } from './rule.ts';
import { leaseMarginMs, leaseTtlMs, rightsOverMs, settledAfterEndMs } from './times.ts';

const standing: HolderStanding = {
  budget: 8,
  used: 0,
  idle: 0,
  held: 0,
  wanted: 0,
  waitMs: 0,
  ahead: 0,
  inUse: true,
};

function answerOf(changes: Partial<LeaseAnswer>): LeaseAnswer {
  const { share = 0 } = changes;
  return {
    ...overtaken,
    current: true,
    open: true,
    known: true,
    share,
    limit: share,
    budget: 8,
    closed: null,
    ...changes,
  };
}

function holderWith(share: number, sentAtMs = 0): LeaseHolder {
  const holder = new LeaseHolder('db', { id: 'a', memories: new Map(), ended: new EndedProcesses(), seq: 0 });
  const request = holder.ask({ ...standing, wanted: share }, 'n', sentAtMs);
  holder.answered(request, answerOf({ share }), sentAtMs + 700);
  return holder;
}

test('the right to open counts from when the request was sent, however late the answer came', () => {
  const holder = holderWith(2, 1_000);
  expect(holder.mayOpen(1, 1_000 + leaseTtlMs - leaseMarginMs - 1)).toBe(true);
  expect(holder.mayOpen(1, 1_000 + leaseTtlMs - leaseMarginMs)).toBe(false);
  expect(holder.mayOpen(2, 1_700)).toBe(false);
});

test('only the answer to the last request is heard', () => {
  const holder = holderWith(2);
  const first = holder.ask({ ...standing, used: 1, wanted: 5 }, 'n', 1_000);
  const second = holder.ask({ ...standing, used: 1, wanted: 5 }, 'n', 2_000);
  expect(holder.answered(first, answerOf({ share: 6 }), 2_100)).toBe(false);
  expect(holder.share).toBe(2);
  expect(holder.answered(second, answerOf({ share: 4 }), 2_200)).toBe(true);
  expect(holder.share).toBe(4);
});

test('what a request does not keep is given up before it is sent', () => {
  const holder = holderWith(6);
  const request = holder.ask({ ...standing, used: 2 }, 'n', 1_000);
  expect(request.keep).toBe(3);
  expect(holder.mayOpen(3, 1_001)).toBe(false);
  holder.unanswered(request);
  expect(holder.mayOpen(3, 1_002)).toBe(false);
  expect(holder.mayOpen(2, 1_002)).toBe(true);
});

test('who was asked to come down gives up what is unused, and what is in use only once it is not', () => {
  const holder = holderWith(6);
  holder.limited(2);
  expect(holder.mayOpen(3, 1_000)).toBe(false);
  expect([holder.mayGive(6), holder.mayGive(5)]).toEqual([false, true]);
  expect(holder.ask({ ...standing, used: 5 }, 'n', 1_000).keep).toBe(5);
  expect(holder.ask({ ...standing, used: 1 }, 'n', 1_100)).toMatchObject({ keep: 1, spare: 0 });
});

test('an answer without a right to open takes the one that is left', () => {
  const holder = holderWith(3);
  const request = holder.ask({ ...standing, used: 3 }, 'n', 1_000);
  holder.answered(request, answerOf({ share: 3, open: false, closed: 'm' }), 1_010);
  expect(holder.mayOpen(2, 1_011)).toBe(false);
});

test('a closed memory is opened by who has seen it closed for long enough, also at another upstream', () => {
  const process = { id: 'a', memories: new Map<string, number>(), ended: new EndedProcesses(), seq: 0 };
  const [one, other] = [new LeaseHolder('one', process), new LeaseHolder('other', process)];
  const closed = answerOf({ open: false, closed: 'm' });
  one.answered(one.ask(standing, 'n', 0), closed, 100);
  expect(one.ask(standing, 'n', 100 + rightsOverMs - 1).reopen).toBeNull();
  expect(one.ask(standing, 'n', 100 + rightsOverMs).reopen).toBe('m');
  other.answered(other.ask(standing, 'n', 5_000), closed, 5_010);
  expect(other.ask(standing, 'n', 100 + rightsOverMs).reopen).toBe('m');
});

test('a holder counts as silent once its number has stood still for as long as rights last', () => {
  const holder = new LeaseHolder('db', { id: 'a', memories: new Map(), ended: new EndedProcesses(), seq: 0 });
  const hear = (atMs: number, seq: number, charge = 2): void => {
    const others = [{ holder: 'b', seq, charge }];
    holder.answered(holder.ask(standing, 'n', atMs), answerOf({ others }), atMs);
  };
  hear(0, 1);
  hear(3_000, 2);
  hear(5_000, 2);
  expect(holder.silent(3_000 + rightsOverMs - 1)).toEqual([]);
  expect(holder.silent(3_000 + rightsOverMs)).toEqual([
    { holder: 'b', seq: 2, charge: 2, begunMsAgo: leaseMarginMs },
  ]);
  hear(7_000, 2, 0);
  expect(holder.silent(9_000)).toEqual([]);
});

test('who was itself without answers for a while begins to watch the others anew', () => {
  const holder = new LeaseHolder('db', { id: 'a', memories: new Map(), ended: new EndedProcesses(), seq: 0 });
  const hear = (atMs: number): void => {
    const others = [{ holder: 'b', seq: 1, charge: 2 }];
    holder.answered(holder.ask(standing, 'n', atMs), answerOf({ others }), atMs);
  };
  hear(0);
  hear(10_000);
  expect(holder.silent(10_000)).toEqual([]);
  for (let atMs = 11_000; atMs <= 15_000; atMs += 1_000) hear(atMs);
  expect(holder.silent(10_000 + rightsOverMs)).toHaveLength(1);
});

test('a holder whose process has ended counts as silent once what it sent last has arrived, and no other does', () => {
  const ended = new EndedProcesses();
  const holder = new LeaseHolder('db', { id: 'a', memories: new Map(), ended, seq: 0 });
  const b = holderName('node one-0-b', 'x');
  const hear = (atMs: number, seq: number): void => {
    const others = [b, holderName('node one-0-b2', 'x'), holderName('node one-0', 'x')].map((name) => ({
      holder: name,
      seq,
      charge: 2,
    }));
    holder.answered(holder.ask(standing, 'n', atMs), answerOf({ others }), atMs);
  };
  hear(0, 1);
  ended.heard('node one-0-b', 1_000);
  // Told once more by somebody else, and a last request of its own that was late: neither makes it wait longer.
  ended.heard('node one-0-b', 1_300);
  hear(1_400, 2);
  expect(holder.silent(1_000 + settledAfterEndMs - 1)).toEqual([]);
  expect(holder.silent(1_000 + settledAfterEndMs)).toEqual([{ holder: b, seq: 2, charge: 2, begunMsAgo: 0 }]);
  expect(holder.silent(1_000 + settledAfterEndMs + 70)).toMatchObject([{ begunMsAgo: 70 }]);
});
