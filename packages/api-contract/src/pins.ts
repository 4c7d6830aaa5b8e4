// Schemas of pins: which server connections stay with one client, why, and since when.
import { z } from 'zod';
import { endpointIdSchema, timeSchema } from './identity.ts';

const count = z.number().int().min(0);
const totals = z.record(z.string(), count);
const sinceStart = 'How many began since the start, by reason';

export const pinSchema = z
  .object({
    processId: z.string().describe('The pooler that holds the server connection'),
    reason: z.string().describe('For instance temp-object, advisory-lock, listen, hold-cursor'),
    statement: z
      .string()
      .nullable()
      .describe('What pinned it, without its values; null: no single statement did, or it is not known'),
    role: z.string(),
    database: z.string(),
    applicationName: z.string().nullable(),
    since: timeSchema,
    idleMs: z
      .number()
      .min(0)
      .nullable()
      .describe('How long the client has sent nothing; null: it runs something or has a transaction open'),
  })
  .meta({ id: 'Pin' });

export const endpointPinsSchema = z
  .object({
    endpointId: endpointIdSchema,
    at: timeSchema,
    pinned: count.describe('Pinned server connections now, over the fleet'),
    leftOut: count.describe('How many of them are not in the list: each process names its newest 50'),
    pins: z.array(pinSchema).describe('The newest first'),
    totals: totals.describe(`${sinceStart} of each process`),
    processes: z.array(
      z.object({
        processId: z.string(),
        startedAt: timeSchema,
        leftOut: count,
        totals: totals.describe(`${sinceStart} of the process`),
      }),
    ),
  })
  .meta({ id: 'EndpointPins' });

export type PinReply = z.output<typeof pinSchema>;
export type EndpointPinsReply = z.output<typeof endpointPinsSchema>;
