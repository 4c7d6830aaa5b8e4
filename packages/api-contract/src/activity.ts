// Schema of what goes on at an endpoint: who is there now, and what was counted since the poolers started.
import { z } from 'zod';
import { healthSchema } from './health.ts';
import { endpointIdSchema, timeSchema } from './identity.ts';

const count = z.number().int().min(0);
const countsByWord = z.record(z.string(), count);

const activityFields = {
  clientsActive: count,
  clientsIdle: count,
  clientsWaiting: count,
  serversActive: count,
  serversIdle: count,
  serversOpening: count,
  serversDirect: count,
  serversPinned: count,
  transactionsTotal: count,
};

const countedSchema = z
  .object({
    boundsSeconds: z
      .array(z.number())
      .describe('Upper bounds of the classes below, ascending; one more class is for what took longer'),
    waits: z.array(count).describe('How often clients waited for a server for so long'),
    executions: z
      .array(count)
      .describe('How often clients had a server for so long, from getting it to giving it back'),
    pins: countsByWord.describe('Pins by reason'),
    errors: countsByWord.describe('Errors that Weir gave to clients, by code'),
  })
  .describe(
    'Counted since the processes started that are there now: the difference of two replies is what happened between',
  )
  .meta({ id: 'EndpointCounts' });

export const endpointActivitySchema = z
  .object({
    endpointId: endpointIdSchema,
    at: timeSchema,
    budget: z.number().int(),
    health: healthSchema,
    serversOpen: count.describe('Server connections of every kind that count in the budget now'),
    totals: z.object(activityFields),
    counted: countedSchema,
    processes: z.array(z.object({ processId: z.string(), startedAt: timeSchema, ...activityFields })),
  })
  .meta({ id: 'EndpointActivity' });

export type EndpointActivityReply = z.output<typeof endpointActivitySchema>;
