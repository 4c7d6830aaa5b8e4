// What stands of orders, for the whole endpoint and for some of its pools.
import type { EndpointReply } from '@weir/api-contract';
import { expect, test } from 'vitest';
import { partsPaused, scopeInWords, standingOf } from './order-words.ts';

const at = '2026-01-02T03:04:05.000Z';
const pool = (role: string | null, database: string | null, pausedAt: string | null) => ({
  ...{ role, database, pausedAt },
  reconnectedIn: 0,
  killedIn: 0,
});
const withPools = (...pools: EndpointReply['orders']['pools']) => ({ orders: { pools, draining: null } });

test('a pause of some pools is none of the endpoint', () => {
  const endpoint = withPools(pool('reports', null, at), pool('app', 'shop', null));
  expect(standingOf(endpoint)).toBeNull();
  expect(partsPaused(endpoint).map(scopeInWords)).toEqual(['role reports']);
});

test('a pause of all pools is one of the endpoint, and no part of it', () => {
  const endpoint = withPools(pool(null, null, at), pool('app', 'shop', at));
  expect(standingOf(endpoint)).toBe('paused');
  expect(partsPaused(endpoint).map(scopeInWords)).toEqual(['role app in database shop']);
});
