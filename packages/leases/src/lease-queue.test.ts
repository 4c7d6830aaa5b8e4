// The queue of leases against a plain look at all of them.
import { expect, test } from 'vitest';
import { LeaseQueue } from './lease-queue.ts';

test('what is due is found in time and once, however often it became due sooner or later', () => {
  const queue = new LeaseQueue<{ nextAtMs: number; queuedAtMs: number }>();
  const leases = Array.from({ length: 50 }, () => ({ nextAtMs: 0, queuedAtMs: Number.POSITIVE_INFINITY }));
  const waiting = new Set(leases);
  let state = 7;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  for (const lease of leases) queue.put(lease);
  for (let nowMs = 0; nowMs < 5_000; nowMs++) {
    for (let i = random(4); i > 0; i--) {
      const lease = leases[random(leases.length)]!;
      lease.nextAtMs = nowMs + random(300);
      waiting.add(lease);
      queue.put(lease);
    }
    const due = [...waiting].filter(({ nextAtMs }) => nextAtMs <= nowMs);
    expect(new Set(queue.takeDue(nowMs))).toEqual(new Set(due));
    for (const lease of due) waiting.delete(lease);
  }
});
