// Settings of a pool for tests that care about few of them. What a tenant gets is in @weir/tenancy.
import type { PoolSettings } from '../pool.ts';

/** Transaction mode, everything watched, no cap and no limit of time but for servers and waiters. */
export const usualPoolSettings: PoolSettings = {
  mode: 'transaction',
  stateTracking: 'auto',
  sizeMax: null,
  sizeMin: 0,
  queryWaitTimeoutMs: 60_000,
  serverIdleTimeoutMs: 300_000,
  serverLifetimeMs: 3_600_000,
  pinsMax: null,
  pinIdleTimeoutMs: 0,
  clientIdleTimeoutMs: 0,
  idleInTransactionTimeoutMs: 0,
  queryTimeoutMs: 0,
  transactionTimeoutMs: 0,
};
