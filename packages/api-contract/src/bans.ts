// Schemas of bans: which sources may not log in to an endpoint, why, and until when.
import { z } from 'zod';
import { endpointIdSchema, timeSchema } from './identity.ts';

export const endpointBansSchema = z
  .object({
    endpointId: endpointIdSchema,
    bans: z.array(
      z.object({
        source: z.string().describe('An IPv4 address, or the /64 of an IPv6 one'),
        reason: z.enum(['failed-logins']).describe('failed-logins: too many wrong passwords within a minute'),
        until: timeSchema,
      }),
    ),
  })
  .meta({ id: 'EndpointBans' });

export const clearBansBodySchema = z
  .strictObject({
    source: z
      .string()
      .regex(/^[0-9a-f.:/]{2,45}$/, 'is not a source of a ban as GET …/bans shows it')
      .nullable()
      .default(null)
      .describe('null: all of the endpoint'),
  })
  .meta({ id: 'ClearBansBody' });

export const clearBansReplySchema = z
  .object({ cleared: z.number().int().min(0).describe('How many bans have ended by this') })
  .meta({ id: 'ClearBansReply' });

export type EndpointBansReply = z.output<typeof endpointBansSchema>;
