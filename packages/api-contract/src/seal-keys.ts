// Schemas of the seal keys: what each one still seals, who has it, and whether it may be removed.
import { z } from 'zod';

const countSchema = z.number().int().min(0);

const sealKeySchema = z
  .object({
    id: z.string(),
    inFile: z.boolean().describe('Whether control-api has it; false: what it has sealed cannot be opened'),
    seals: z.object({
      servicePasswords: countSchema.describe('Passwords that Weir itself logs in with at a database'),
      rolePasswords: countSchema,
      webhookSecrets: countSchema,
      keptReplies: countSchema.describe('Replies kept for a day for repetitions of a request'),
      catalogSecrets: countSchema.describe('Of the catalog itself'),
      publishedEndpoints: countSchema,
    }),
    sealingAt: z.array(z.string()).describe('Processes that seal with it, by their ids'),
    missingAt: z.array(z.string()).describe('Processes that do not have it'),
    mayBeRemoved: z
      .boolean()
      .describe('Nothing is sealed with it, and no process seals with it: it may leave the key file'),
    mayBeUsed: z.boolean().describe('Every process has it: it may become the first key of the file'),
  })
  .meta({ id: 'SealKey' });

export const sealKeysSchema = z
  .object({
    keys: z
      .array(sealKeySchema)
      .describe('In the order of the key file of control-api, then those it does not have'),
    processes: z.array(
      z.object({
        processId: z.string(),
        process: z.enum(['pooler', 'control-api', 'worker']),
        keyIds: z.array(z.string()).describe('The one that it seals with first'),
        fault: z.string().nullable().describe('Why it cannot use its key file as it is now'),
      }),
    ),
  })
  .describe('A process that has not reported for 5 s is left out')
  .meta({ id: 'SealKeys' });

export type SealKeyReply = z.output<typeof sealKeySchema>;
export type SealKeysReply = z.output<typeof sealKeysSchema>;
