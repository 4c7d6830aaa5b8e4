// Schemas of the settings that may differ from pool to pool, each with its limits.
import type { PoolChoices } from '@weir/tenancy';
import { z } from 'zod';

const dayMs = 86_400_000;

/** A limit that is off by default. More than a month is nobody's intention. */
function timeout(what: string) {
  return z
    .number()
    .int()
    .min(0)
    .max(30 * dayMs)
    .describe(`${what}, in ms; 0: no limit`);
}

export const poolFields = {
  mode: z
    .enum(['transaction', 'session', 'statement'])
    .describe(
      'When a server connection goes to the next client: after a transaction, a session, a statement',
    ),
  stateTracking: z
    .enum(['auto', 'strict', 'off'])
    .describe('How closely session state is watched: auto, strict (also what is made inside functions), off'),
  poolSize: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .nullable()
    .describe('Most server connections one pool may hold; null: whatever the budget allows'),
  poolSizeMin: z
    .number()
    .int()
    .min(0)
    .max(100_000)
    .describe(
      'Server connections that a pool with clients keeps open ahead of demand, in each pooler process, as far as nobody else waits for them',
    ),
  queryWaitTimeoutMs: z
    .number()
    .int()
    .min(100)
    .max(dayMs)
    .describe('How long a client may wait for a server'),
  serverIdleTimeoutMs: z
    .number()
    .int()
    .min(1000)
    .max(7 * dayMs)
    .describe('A server idle for longer is closed'),
  serverLifetimeMs: z
    .number()
    .int()
    .min(1000)
    .max(30 * dayMs)
    .describe('A server older than this is closed at release'),
  pinsMax: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .nullable()
    .describe(
      'Most server connections of a pool that stay with one client; null: whatever the budget allows',
    ),
  pinIdleTimeoutMs: timeout('How long a client with a pinned server connection may be silent'),
  clientIdleTimeoutMs: timeout('How long a client may be silent outside a transaction'),
  idleInTransactionTimeoutMs: timeout('How long a client may be silent inside a transaction'),
  queryTimeoutMs: timeout('How long a statement may take'),
  transactionTimeoutMs: timeout('How long a transaction may take'),
} satisfies { [Name in keyof PoolChoices]: z.ZodType<PoolChoices[Name]> };
