// Schemas of API keys: what is told of them, and the one reply that holds a key itself.
import { z } from 'zod';
import {
  apiKeyIdSchema,
  displayNameSchema,
  givenTimeSchema,
  organisationIdSchema,
  pageOf,
  timeSchema,
} from './identity.ts';
import { scopeSchema, scopes } from './scopes.ts';

export const apiKeySchema = z
  .object({
    id: apiKeyIdSchema,
    organisationId: organisationIdSchema,
    name: z.string(),
    prefix: z.string().describe('First characters of the key, enough to tell keys apart'),
    scopes: z.array(scopeSchema),
    generation: z.number().int().describe('Raised by its revocation; its use is no change of it'),
    createdAt: timeSchema,
    expiresAt: timeSchema.nullable().describe('null: it does not expire'),
    revokedAt: timeSchema.nullable().describe('null: it was not revoked'),
    lastUsedAt: timeSchema.nullable().describe('To about a minute; null: never'),
  })
  .meta({ id: 'ApiKey' });

export const apiKeyPageSchema = pageOf(apiKeySchema).meta({ id: 'ApiKeyPage' });

export const createApiKeyBodySchema = z
  .strictObject({
    name: displayNameSchema,
    scopes: z
      .array(scopeSchema)
      .min(1, 'must name at least one scope')
      .max(scopes.length)
      .refine((list) => new Set(list).size === list.length, 'names a scope twice')
      .describe('Only scopes that the calling key has itself'),
    expiresAt: givenTimeSchema
      .nullable()
      .optional()
      .describe('ISO 8601 time in the future; null or left out: it does not expire'),
  })
  .meta({ id: 'CreateApiKeyBody' });

export const createApiKeyReplySchema = z
  .object({
    apiKey: apiKeySchema,
    secret: z.string().describe('The key itself, for the Authorization header. It is never shown again'),
  })
  .meta({ id: 'CreateApiKeyReply' });

export type ApiKeyReply = z.output<typeof apiKeySchema>;
export type CreateApiKeyBody = z.output<typeof createApiKeyBodySchema>;
export type CreateApiKeyReply = z.output<typeof createApiKeyReplySchema>;
