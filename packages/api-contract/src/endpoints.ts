// Schemas of endpoints: create, list, get, change, their connection strings and what goes on in them.
import { type EndpointStrings, snippetIds, snippetLanguages } from '@weir/tenancy';
import { z } from 'zod';
import { healthSchema } from './health.ts';
import {
  endpointIdSchema,
  pageOf,
  pageQuerySchema,
  plainText,
  postgresNameSchema,
  statusSchema,
  tenantIdSchema,
  timeSchema,
} from './identity.ts';
import { ordersSchema } from './orders.ts';
import {
  ramFields,
  settingsChangeSchema,
  settingsSchema,
  sizingChangeSchema,
  sizingSchema,
} from './settings.ts';
import { upstreamChangeSchema, upstreamInputSchema, upstreamSchema } from './upstream.ts';

const authQuerySchema = plainText(z.string().min(1).max(4000))
  .nullable()
  .describe('One query, $1 = role name, two columns (role, password); null: pg_authid is read');

export const endpointKindSchema = z
  .enum(['read_write', 'read_only'])
  .describe('read_only: its sessions begin with default_transaction_read_only on, so that what writes fails');

const placeName = z.string().min(1).max(32);
const regionSchema = placeName.describe(
  'Its hosts are under the domain of its region, which GET /v1/me tells',
);
const cellSchema = placeName.describe('The nodes that serve it');

/** What creating an endpoint takes, alone or as the first of a new tenant. */
export const endpointInputFields = {
  kind: endpointKindSchema.optional().describe('read_write unless told; it stays what it is'),
  region: regionSchema.optional().describe('Left out: where the tenant has endpoints already, or the first'),
  cell: cellSchema
    .optional()
    .describe('Only for keys of the organisation that runs this installation; left out: as with the region'),
  upstream: upstreamInputSchema,
  ...ramFields,
  sizing: sizingChangeSchema.optional(),
  settings: settingsChangeSchema.optional(),
  authQuery: authQuerySchema.optional(),
};

/** Exactly one of the two ways to name memory must be there. */
export const oneRam = {
  check: (body: { computeRamBytes?: number | undefined; computeRamGb?: number | undefined }): boolean =>
    (body.computeRamBytes === undefined) !== (body.computeRamGb === undefined),
  says: {
    path: ['computeRamBytes'],
    message: 'give computeRamBytes or computeRamGb, exactly one of the two',
  },
};

export const createEndpointBodySchema = z
  .strictObject(endpointInputFields)
  .refine(oneRam.check, oneRam.says)
  .meta({ id: 'CreateEndpointBody' });

export const changeEndpointBodySchema = z
  .strictObject({
    status: statusSchema,
    upstream: upstreamChangeSchema,
    ...ramFields,
    sizing: sizingChangeSchema,
    settings: settingsChangeSchema,
    authQuery: authQuerySchema,
  })
  .partial()
  .refine((body) => body.computeRamBytes === undefined || body.computeRamGb === undefined, oneRam.says)
  .meta({ id: 'ChangeEndpointBody' });

export const endpointSchema = z
  .object({
    id: endpointIdSchema,
    tenantId: tenantIdSchema,
    status: statusSchema,
    kind: endpointKindSchema,
    region: regionSchema,
    cell: cellSchema,
    generation: z.number().int().describe('Raised by each change'),
    hosts: z.object({ pooled: z.string(), direct: z.string(), port: z.number().int() }),
    upstream: upstreamSchema,
    defaultDatabase: z.string(),
    budget: z
      .number()
      .int()
      .describe('Most server connections over the whole fleet, pooled and direct together'),
    sizing: sizingSchema,
    settings: settingsSchema,
    orders: ordersSchema,
    authQuery: z.string().nullable(),
    health: healthSchema,
    roles: z.array(
      z.object({
        name: z.string(),
        verifierIsServers: z
          .boolean()
          .describe("Whether Weir holds the server's own SCRAM verifier of the role"),
      }),
    ),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Endpoint' });

export const endpointPageSchema = pageOf(endpointSchema).meta({ id: 'EndpointPage' });

export const snippetSchema = z
  .object({
    id: z.enum(snippetIds),
    title: z.string(),
    file: z.string().nullable().describe('File it belongs in; null: a command line'),
    language: z.enum(snippetLanguages),
    text: z.string(),
  })
  .meta({ id: 'Snippet' });

const stringFields = {
  pooled: z.string().describe('For applications: many clients share few server connections'),
  direct: z.string().describe('For migrations and sessions: one server connection each'),
  pooledNoSni: z.string().describe('Pooled, where the host name does not resolve or the driver sends no SNI'),
  directNoSni: z.string().describe('Direct, likewise'),
} satisfies Record<keyof EndpointStrings, z.ZodString>;

export const connectionStringsSchema = z
  .object({
    role: z.string(),
    database: z.string(),
    kind: endpointKindSchema,
    passwordIncluded: z
      .boolean()
      .describe('Only the reply to a creation holds the password that was given to it'),
    ...stringFields,
    snippets: z.array(snippetSchema),
  })
  .meta({ id: 'ConnectionStrings' });

export const connectionStringsQuerySchema = z.strictObject({
  role: postgresNameSchema.optional(),
  database: postgresNameSchema.optional(),
});

/** Query of the list of a tenant's endpoints. */
export const endpointsQuerySchema = pageQuerySchema.extend({
  cursor: endpointIdSchema.optional(),
  kind: endpointKindSchema.optional().describe('Only endpoints of this kind'),
  region: plainText(placeName).optional().describe('Only endpoints of this region'),
  cell: plainText(placeName).optional().describe('Only endpoints of this cell'),
});

export const databasesSchema = z
  .object({
    databases: z
      .array(z.string())
      .describe('Those of the server that take connections and are no templates, by name, at most 200'),
  })
  .meta({ id: 'Databases' });

export const createEndpointReplySchema = z
  .object({ endpoint: endpointSchema, connectionStrings: connectionStringsSchema })
  .meta({ id: 'CreateEndpointReply' });

export type CreateEndpointBody = z.output<typeof createEndpointBodySchema>;
export type CreateEndpointInput = z.input<typeof createEndpointBodySchema>;
export type ChangeEndpointBody = z.output<typeof changeEndpointBodySchema>;
export type EndpointReply = z.output<typeof endpointSchema>;
export type EndpointPageReply = z.output<typeof endpointPageSchema>;
export type ConnectionStringsQuery = z.output<typeof connectionStringsQuerySchema>;
export type ConnectionStringsReply = z.output<typeof connectionStringsSchema>;
export type CreateEndpointReply = z.output<typeof createEndpointReplySchema>;
export type SnippetReply = z.output<typeof snippetSchema>;
