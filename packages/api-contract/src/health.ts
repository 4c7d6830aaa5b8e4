// Schema of the health of an endpoint's database, as the endpoint and its activity show it.
import { healthStates } from '@weir/tenancy';
import { z } from 'zod';
import { timeSchema } from './identity.ts';

export const healthSchema = z
  .object({
    state: z
      .enum(healthStates)
      .describe(
        'failing: the database answers, and does not let Weir in. unreachable: it does not answer. unknown: nobody has looked yet',
      ),
    since: timeSchema.nullable().describe('When that state was first seen'),
    code: z.string().nullable().describe('The problem that it is, as upstream-refused; null while healthy'),
    latencyMs: z
      .number()
      .min(0)
      .nullable()
      .describe('How long the last server connection took to open; null: not known'),
    seenAt: timeSchema
      .nullable()
      .describe('When it was last written down; while traffic shows that all is well, every half hour or so'),
    exceedsServer: z
      .boolean()
      .describe('The budget is more than the server leaves to ordinary roles: max_connections is too low'),
  })
  .meta({ id: 'EndpointHealth' });

export type HealthReply = z.output<typeof healthSchema>;
