// Schemas of what a tenant may tune: an endpoint's settings and the numbers of its sizing.
import type { EndpointSettings, Sizing } from '@weir/tenancy';
import { gibibyte } from '@weir/tenancy';
import { z } from 'zod';
import { overridesInputSchema, overridesSchema } from './overrides.ts';
import { poolFields } from './pool-fields.ts';

const addressRangeSchema = z
  .string()
  .max(64)
  .refine(
    (text) => addressForms.some((form) => form.safeParse(text).success) && !/^::ffff:/i.test(text),
    'must be an IPv4 or IPv6 address, or a range of them in CIDR notation, such as 203.0.113.0/24',
  );
const addressForms = [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()];

/** Who may connect by address; null: from everywhere. */
export const allowedAddressesSchema = z
  .array(addressRangeSchema)
  .min(1, 'must name an address; null lets clients in from everywhere')
  .max(100)
  .nullable()
  .describe('Addresses and CIDR ranges that clients may come from; null: from everywhere');

const endpointFields = {
  clientConnectionsMax: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .describe('Most client connections of the endpoint'),
  requireTls: z.boolean().describe('Refuse clients without TLS'),
  allowedAddresses: allowedAddressesSchema,
};

/** All settings, as the API shows them. */
export const settingsSchema = z
  .object({ ...poolFields, ...endpointFields, overrides: overridesSchema })
  .meta({ id: 'EndpointSettings' }) satisfies z.ZodType<EndpointSettings>;

/** Any of them, as they are chosen or changed; those left out stay as they were. */
export const settingsChangeSchema = z
  .strictObject({ ...poolFields, ...endpointFields, overrides: overridesInputSchema })
  .partial()
  .meta({ id: 'EndpointSettingsChange' });

/** How the budget came about: each number that went in, and the result. */
export const sizingSchema = z
  .object({
    ramBytes: z.number().int(),
    divisorBytes: z.number().int().describe('Memory reckoned for one connection'),
    cap: z.number().int().describe('Most connections whatever the memory'),
    reserve: z.number().int().describe('Connections left free for people, monitoring and Weir itself'),
    maxConnections: z.number().int().nullable().describe('max_connections of the server'),
    reservedConnections: z
      .number()
      .int()
      .nullable()
      .describe('superuser_reserved_connections and reserved_connections of the server together'),
    budget: z.number().int().min(1).describe('Most server connections over the whole fleet'),
  })
  .meta({ id: 'Sizing' }) satisfies z.ZodType<Sizing>;

/** The numbers of a sizing that may be chosen; null goes back to the default. */
export const sizingChangeSchema = z
  .strictObject({
    divisorBytes: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullable(),
    cap: z.number().int().min(1).max(100_000).nullable(),
    reserve: z.number().int().min(0).max(100_000).nullable(),
  })
  .partial()
  .meta({ id: 'SizingChange' });

/** Memory of the server's machine, in either unit. */
export const ramFields = {
  computeRamBytes: z
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("Memory of the server's machine in bytes"),
  computeRamGb: z
    .number()
    .min(0.125)
    .max(65_536)
    .optional()
    .describe('The same in GB of 1 073 741 824 bytes; give one of the two'),
};

/** The two ways to name memory, as parsed. */
export interface RamChoice {
  readonly computeRamBytes?: number | undefined;
  readonly computeRamGb?: number | undefined;
}

/** Bytes of memory that a body names; null if it names none. */
export function ramBytesOf(choice: RamChoice): number | null {
  if (choice.computeRamBytes !== undefined) return choice.computeRamBytes;
  return choice.computeRamGb === undefined ? null : Math.round(choice.computeRamGb * gibibyte);
}

export type SettingsChange = z.output<typeof settingsChangeSchema>;
export type SizingChange = z.output<typeof sizingChangeSchema>;
