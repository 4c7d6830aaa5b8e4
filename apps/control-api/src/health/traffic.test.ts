// What several poolers report of one database: one that gets through is enough, and short or old news is none.
import type { UpstreamReport } from '@weir/fleet';
import { exampleReport } from '@weir/fleet/testing';
import { expect, test } from 'vitest';
import { pauseAfter } from './pauses.ts';
import { seenByTraffic } from './traffic.ts';

function seen(...upstreams: readonly UpstreamReport[]) {
  const reports = upstreams.map((upstream, index) => {
    const report = exampleReport(`pooler-${index}`, 1);
    const endpoints = Object.entries(report.endpoints).map(([id, activity]) => [
      id,
      { ...activity, upstream },
    ]);
    return { ...report, endpoints: Object.fromEntries(endpoints) };
  });
  return seenByTraffic(reports).get('ep-quiet-heron-a1b2c3');
}

const answering = { answeredMsAgo: 200, trouble: null, openMs: 3 };
const away = (forMs: number, code = 'SERVER_UNREACHABLE') => ({
  answeredMsAgo: 70_000,
  trouble: { code, sqlstate: '08006', forMs },
  openMs: 3,
});

test('one process that gets through is enough', () => {
  const healthy = { state: 'healthy', code: null, latencyMs: 3, by: 'traffic' };
  expect(seen(away(60_000), answering)).toEqual(healthy);
  expect(seen(answering, away(60_000))).toEqual(healthy);
});

test('trouble of less than ten seconds, and what was answered a minute ago, say nothing', () => {
  expect(seen(away(9_000))).toBeUndefined();
  expect(seen({ answeredMsAgo: 61_000, trouble: null, openMs: 3 })).toBeUndefined();
});

test('a database that refuses everybody is failing, one that nobody reaches is unreachable', () => {
  expect(seen(away(60_000))).toMatchObject({ state: 'unreachable', code: 'upstream-unreachable' });
  expect(seen(away(60_000, 'SERVER_LOGIN_REFUSED'))).toMatchObject({
    state: 'failing',
    code: 'upstream-busy',
  });
});

test('what is down is looked at later each time, and what is in doubt soon', () => {
  const everyMs = 1_800_000;
  const nowMs = Date.parse('2026-01-01T12:00:00.000Z');
  const health = { code: null, latencyMs: null, seenAt: null, seenBy: null, checkedAt: null, doubt: null };
  const downSince = (since: string) => pauseAfter({ ...health, state: 'unreachable', since }, everyMs, nowMs);
  expect(downSince('2026-01-01T12:00:00.000Z')).toBe(60_000);
  expect(downSince('2026-01-01T11:50:00.000Z')).toBe(300_000);
  expect(downSince('2026-01-01T00:00:00.000Z')).toBe(everyMs);
  const doubt = { state: 'failing', since: '2026-01-01T12:00:00.000Z' } as const;
  expect(pauseAfter({ ...health, state: 'healthy', since: null, doubt }, everyMs, nowMs)).toBe(15_000);
});
