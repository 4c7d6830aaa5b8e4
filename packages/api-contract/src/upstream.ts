// Schemas of the Postgres behind an endpoint, as a tenant names it and as the API shows it.
import { z } from 'zod';
import { plainText, postgresNameSchema } from './identity.ts';

export const tlsModeSchema = z
  .enum(['disable', 'require', 'verify-ca', 'verify-full'])
  .describe("How Weir speaks TLS to the server, in libpq's words");

const hostSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(253, 'must be at most 253 characters')
  .regex(/^[A-Za-z0-9._:-]+$/, 'must be a host name or an IP address, without scheme, port or brackets');

const caPemSchema = plainText(
  z
    .string()
    .max(262_144, 'must be at most 256 kB')
    .regex(/-----BEGIN CERTIFICATE-----/, 'must be a certificate in PEM form'),
)
  .nullable()
  .describe("PEM of the CA that signed the server's certificate; null: the system's trust store");

export const passwordSchema = plainText(
  z.string().min(1, 'must not be empty').max(1024, 'must be at most 1024 characters'),
).describe('Kept sealed; never shown again');

/** The server as it is named when an endpoint is created. */
export const upstreamInputSchema = z
  .strictObject({
    host: hostSchema,
    port: z.number().int().min(1).max(65_535).default(5432),
    database: postgresNameSchema,
    user: postgresNameSchema.describe(
      'Role that Weir logs in as for its own questions; clients may use it too',
    ),
    password: passwordSchema,
    tlsMode: tlsModeSchema.default('require'),
    caPem: caPemSchema.optional(),
  })
  .meta({ id: 'NewUpstream' });

/** What may change of it. Where host, port or user change, the password must be given again. */
export const upstreamChangeSchema = z
  .strictObject({
    host: hostSchema.optional(),
    port: z.number().int().min(1).max(65_535).optional(),
    database: postgresNameSchema.optional(),
    user: postgresNameSchema.optional(),
    password: passwordSchema.optional(),
    tlsMode: tlsModeSchema.optional(),
    caPem: caPemSchema.optional(),
  })
  // A stored password is never carried to a server that its giver did not name together with it.
  .refine(
    (change) =>
      change.password !== undefined ||
      (change.host === undefined && change.port === undefined && change.user === undefined),
    { path: ['password'], message: 'must be given again when host, port or user change' },
  )
  .meta({ id: 'UpstreamChange' });

/** The server as the API shows it: without its password. */
export const upstreamSchema = z
  .object({
    id: z
      .string()
      .describe('What the budget belongs to: system_identifier@host:port where readable, else host:port'),
    host: z.string(),
    port: z.number().int(),
    database: z.string(),
    user: z.string(),
    tlsMode: tlsModeSchema,
    caPem: z.string().nullable(),
    serverVersion: z.string(),
  })
  .meta({ id: 'Upstream' });

export const probeUpstreamBodySchema = z
  .strictObject({ upstream: upstreamInputSchema })
  .meta({ id: 'ProbeUpstreamBody' });

/** What a probe found that a sizing needs. */
export const upstreamProbeSchema = z
  .object({
    serverVersion: z.string(),
    maxConnections: z.number().int().describe('max_connections of the server'),
    reservedConnections: z
      .number()
      .int()
      .describe('Of them kept for superusers and by reserved_connections, which no budget holds'),
  })
  .meta({ id: 'UpstreamProbe' });

export type UpstreamProbeReply = z.output<typeof upstreamProbeSchema>;
export type UpstreamInput = z.output<typeof upstreamInputSchema>;
export type UpstreamChange = z.output<typeof upstreamChangeSchema>;
export type UpstreamReply = z.output<typeof upstreamSchema>;
