// Schemas of the roles of an endpoint: what is told of them, and the replies that hold a password.
import { z } from 'zod';
import { connectionStringsSchema } from './endpoints.ts';
import { endpointParamsSchema, pageOf, pageQuerySchema, postgresNameSchema, timeSchema } from './identity.ts';
import { passwordSchema } from './upstream.ts';

export const roleParamsSchema = endpointParamsSchema.extend({ roleName: postgresNameSchema });

export const rolesQuerySchema = pageQuerySchema.extend({ cursor: postgresNameSchema.optional() });

export const roleSchema = z
  .object({
    name: z.string(),
    isServiceRole: z.boolean().describe('Weir asks its own questions as this role'),
    keeps: z
      .enum(['password', 'verifier'])
      .describe(
        'password: sealed, so that it can be rotated and lent by credentials; verifier: only what checks a login',
      ),
    verifierIsServers: z.boolean().describe("Whether the verifier is the database's own"),
    validUntil: timeSchema.nullable().describe("The role's VALID UNTIL when it was read; null: for ever"),
    rotation: z
      .object({
        isFinished: z
          .boolean()
          .describe('false: rotate again, since it is not known whether the database has the new password'),
        previousUntil: timeSchema
          .nullable()
          .describe('Until then the password before opens too; null: until the rotation is finished'),
      })
      .nullable()
      .describe('The last rotation, while the password before it still opens'),
    rotatedAt: timeSchema.nullable().describe('When Weir gave it the password it has; null: it did not'),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Role' });

export const rolePageSchema = pageOf(roleSchema).meta({ id: 'RolePage' });

export const createRoleBodySchema = z
  .strictObject({
    name: postgresNameSchema,
    memberOf: z
      .array(postgresNameSchema)
      .max(16)
      .default([])
      .describe('Roles whose rights it is to have, as in CREATE ROLE … IN ROLE'),
  })
  .meta({ id: 'CreateRoleBody' });

export const importRoleBodySchema = z
  .strictObject({
    name: postgresNameSchema,
    password: passwordSchema
      .optional()
      .describe('Tried out, then kept sealed; left out: only the verifier is read from the database'),
  })
  .meta({ id: 'ImportRoleBody' });

/** For how long a secret from before a rotation holds too: a week at most, for teams that deploy on Mondays. */
export const overlapSecondsSchema = z.number().int().min(0).max(604_800);

export const rotateRoleBodySchema = z
  .strictObject({
    overlapSeconds: overlapSecondsSchema
      .default(3600)
      .describe('For how long the password before opens too; 0: not at all, as after a leak'),
  })
  .meta({ id: 'RotateRoleBody' });

export const deleteRoleQuerySchema = z.strictObject({
  drop: z
    .enum(['true', 'false'])
    .default('false')
    .describe('true: drop it in the database, too; what Weir knows of it is forgotten either way'),
});

export const rolePasswordReplySchema = z
  .object({
    role: roleSchema,
    password: z.string().describe('It is never shown again'),
    connectionStrings: connectionStringsSchema,
  })
  .meta({ id: 'RolePasswordReply' });

export type RoleReply = z.output<typeof roleSchema>;
export type CreateRoleBody = z.output<typeof createRoleBodySchema>;
export type ImportRoleBody = z.output<typeof importRoleBodySchema>;
export type RolePasswordReply = z.output<typeof rolePasswordReplySchema>;
