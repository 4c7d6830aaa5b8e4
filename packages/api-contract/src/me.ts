// Schema of the answer to «who am I, and what do I talk to?».
import { z } from 'zod';
import { apiKeySchema } from './api-keys.ts';
import { organisationSchema } from './organisations.ts';

export const meSchema = z
  .object({
    apiKey: apiKeySchema,
    organisation: organisationSchema,
    service: z.object({
      version: z.string(),
      domain: z.string().describe('Of the first region'),
      regions: z
        .array(z.object({ id: z.string(), domain: z.string() }))
        .describe('Hosts of endpoints are <endpoint>[-pooler].<domain>; new tenants are in the first'),
      publicPort: z.number().int(),
      sharedState: z.enum(['redis', 'memory']),
    }),
  })
  .meta({ id: 'Me' });

export type MeReply = z.output<typeof meSchema>;
