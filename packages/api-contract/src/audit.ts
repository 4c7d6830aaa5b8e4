// Schemas of the audit log: who changed what, when, from where, and in which request.
import { auditActions } from '@weir/tenancy';
import { z } from 'zod';
import {
  apiKeyIdSchema,
  givenTimeSchema,
  pageOf,
  pageQuerySchema,
  tenantIdSchema,
  timeSchema,
} from './identity.ts';
import { trustRuleIdSchema } from './trust-rules.ts';

export { auditActions };

const actionSchema = z.enum(auditActions).describe('What was done, to which kind of thing');

export const auditEntrySchema = z
  .object({
    id: z.string().describe('Rises from entry to entry'),
    at: timeSchema,
    action: actionSchema,
    targetId: z.string().describe('Id of what was changed'),
    tenantId: z.string().nullable().describe('The tenant that it is, or belongs to'),
    author: z
      .enum(['api-key', 'trust-rule', 'system'])
      .describe('Who made the change; system: Weir itself, by what it saw of a database'),
    apiKeyId: z.string().nullable().describe('The key that the change was made with'),
    trustRuleId: z.string().nullable().describe('The trust rule by whose token it was made'),
    address: z.string().nullable().describe('Where the request came from; null: there was none'),
    requestId: z.string().nullable(),
    changes: z
      .array(
        z.object({
          field: z.string().describe('Dotted path, for instance settings.poolSize'),
          before: z.unknown(),
          after: z.unknown(),
        }),
      )
      .describe(
        'Fields that differ; null where there was or is nothing. A secret is only said to have changed',
      ),
  })
  .meta({ id: 'AuditEntry' });

export const auditPageSchema = pageOf(auditEntrySchema).meta({ id: 'AuditPage' });

export const auditQuerySchema = pageQuerySchema.extend({
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'is not a nextCursor of this list')
    .optional(),
  action: actionSchema.optional(),
  targetId: z
    .string()
    .regex(/^[a-z0-9_-]{1,63}$/, 'is not an id')
    .optional(),
  tenantId: tenantIdSchema.optional(),
  apiKeyId: apiKeyIdSchema.optional(),
  trustRuleId: trustRuleIdSchema.optional(),
  since: givenTimeSchema.optional().describe('Only entries of this time or later'),
  until: givenTimeSchema.optional().describe('Only entries before this time'),
});

export type AuditEntryReply = z.output<typeof auditEntrySchema>;
export type AuditPageReply = z.output<typeof auditPageSchema>;
