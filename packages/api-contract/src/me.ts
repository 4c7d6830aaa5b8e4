// Schema of the answer to «who am I, and what do I talk to?».
import { z } from 'zod';
import { timeSchema } from './identity.ts';

export const meSchema = z
  .object({
    apiKey: z.object({
      id: z.string(),
      name: z.string(),
      prefix: z.string().describe('First characters of the key, enough to tell keys apart'),
      createdAt: timeSchema,
    }),
    service: z.object({
      version: z.string(),
      domain: z.string().describe('Hosts of endpoints are <endpoint>[-pooler].<domain>'),
      publicPort: z.number().int(),
      sharedState: z.enum(['redis', 'memory']),
    }),
  })
  .meta({ id: 'Me' });

export type MeReply = z.output<typeof meSchema>;
