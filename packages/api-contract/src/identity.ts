// Schemas of the small values that many requests share: ids, names, times, pages.
import { isApiKeyId, isCredentialId, isEndpointId, isOrganisationId, isTenantId } from '@weir/tenancy';
import { z } from 'zod';

export const organisationIdSchema = z
  .string()
  .refine(isOrganisationId, 'is not an organisation id (org_ and 20 letters or digits)')
  .describe('Organisation id: org_ and 20 base36 characters');

export const apiKeyIdSchema = z
  .string()
  .refine(isApiKeyId, "is not an API key's id (key_ and 16 hexadecimal digits)")
  .describe('Id of an API key: key_ and 16 hexadecimal digits');

export const credentialIdSchema = z
  .string()
  .refine(isCredentialId, "is not a credential's id (cred_ and 20 letters or digits)")
  .describe('Id of a credential, and the user name to log in with: cred_ and 20 base36 characters');

export const tenantIdSchema = z
  .string()
  .refine(isTenantId, 'is not a tenant id (tn_ and 20 letters or digits)')
  .describe('Tenant id: tn_ and 20 base36 characters');

export const endpointIdSchema = z
  .string()
  .refine(isEndpointId, 'is not an endpoint id (ep-<word>-<word>-<6 letters or digits>)')
  .describe('Endpoint id: ep-<adjective>-<noun>-<6 base36 characters>');

export const statusSchema = z
  .enum(['active', 'suspended'])
  .describe('suspended: clients are refused, nothing is lost');

/** A time as callers give it. Postgres and Date disagree about years of less or more than four digits. */
export const givenTimeSchema = z.iso.datetime({ offset: true }).refine((text) => {
  const ms = Date.parse(text);
  return ms >= 0 && ms < Date.UTC(9000, 0);
}, 'must be between the years 1970 and 9000');

export const timeSchema = z.string().describe('ISO 8601 time in UTC');

/** `schema`, but only text that Postgres takes: without a zero byte, and without half a character. */
export function plainText(schema: z.ZodString) {
  return schema
    .refine((text) => !text.includes('\0'), 'must not hold a zero byte')
    .refine((text) => !/\p{Surrogate}/u.test(text), 'must not hold half a character');
}

/** Postgres names: at most 63 bytes of UTF-8, and no byte zero, which would end a startup packet's value early. */
export const postgresNameSchema = plainText(z.string().min(1, 'must not be empty')).refine(
  (text) => utf8Length(text) <= 63,
  'must be at most 63 bytes, as names in Postgres are',
);

/** What people call a tenant, an organisation or a key. */
export const displayNameSchema = plainText(
  z.string().trim().min(1, 'must not be empty').max(100, 'must be at most 100 characters'),
).refine((text) => !hasControlCharacter(text), 'must not hold control characters');

/** Query of a list. `cursor` is what the page before gave as `nextCursor`. */
export const pageQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});

/** A page of `item`s, oldest first; `nextCursor` is null on the last. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export const organisationParamsSchema = z.strictObject({ organisationId: organisationIdSchema });
export const apiKeyParamsSchema = z.strictObject({ apiKeyId: apiKeyIdSchema });
export const tenantParamsSchema = z.strictObject({ tenantId: tenantIdSchema });
export const endpointParamsSchema = z.strictObject({ endpointId: endpointIdSchema });

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

function hasControlCharacter(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
