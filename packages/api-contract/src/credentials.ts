// Schemas of short-lived credentials: a user name and a password that log in as a role until a time.
import { z } from 'zod';
import { connectionStringsSchema } from './endpoints.ts';
import {
  apiKeyIdSchema,
  credentialIdSchema,
  endpointIdSchema,
  pageOf,
  pageQuerySchema,
  postgresNameSchema,
  tenantParamsSchema,
  timeSchema,
} from './identity.ts';

export const credentialParamsSchema = tenantParamsSchema.extend({ credentialId: credentialIdSchema });

export const credentialsQuerySchema = pageQuerySchema.extend({ endpointId: endpointIdSchema.optional() });

export const credentialSchema = z
  .object({
    id: credentialIdSchema,
    endpointId: endpointIdSchema,
    role: z.string().describe('Who the database takes its sessions for'),
    apiKeyId: apiKeyIdSchema.nullable().describe('The key that it was made with'),
    trustRuleId: z
      .string()
      .nullable()
      .describe('The trust rule by which a token was exchanged for it; either this or apiKeyId is null'),
    createdAt: timeSchema,
    expiresAt: timeSchema.describe('No login after it; a session that has begun goes on'),
  })
  .meta({ id: 'Credential' });

export const credentialPageSchema = pageOf(credentialSchema).meta({ id: 'CredentialPage' });

export const createCredentialBodySchema = z
  .strictObject({
    endpointId: endpointIdSchema,
    role: postgresNameSchema.describe('A role of the endpoint whose password is kept'),
    ttlSeconds: z
      .number()
      .int()
      .min(1)
      // A day: who needs more has a role of its own.
      .max(86_400)
      .default(900)
      .describe('For how long logins are taken'),
  })
  .meta({ id: 'CreateCredentialBody' });

export const createCredentialReplySchema = z
  .object({
    credential: credentialSchema,
    user: z.string().describe('The id of the credential'),
    password: z.string().describe('It is never shown again'),
    connectionStrings: connectionStringsSchema,
  })
  .meta({ id: 'CreateCredentialReply' });

export type CredentialReply = z.output<typeof credentialSchema>;
export type CreateCredentialBody = z.output<typeof createCredentialBodySchema>;
export type CreateCredentialReply = z.output<typeof createCredentialReplySchema>;
