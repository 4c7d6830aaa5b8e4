// Ids of organisations, tenants, endpoints and API keys: their grammar, how they are made, and which names nobody may have.
import { adjectives, nouns } from './id-words.ts';

/** `org_` and 20 base36 characters. */
export type OrganisationId = string & { readonly __brand: 'OrganisationId' };

/** `key_` and 16 hexadecimal digits; names an API key and opens nothing. */
export type ApiKeyId = string & { readonly __brand: 'ApiKeyId' };

/** `cred_` and 20 base36 characters; also the user name that is logged in with. */
export type CredentialId = string & { readonly __brand: 'CredentialId' };

/** `tr_` and 20 base36 characters. */
export type TrustRuleId = string & { readonly __brand: 'TrustRuleId' };

/** `tn_` and 20 base36 characters. */
export type TenantId = string & { readonly __brand: 'TenantId' };

/** `ep-<adjective>-<noun>-<6 base36>`; a DNS label, never ending in `-pooler`. */
export type EndpointId = string & { readonly __brand: 'EndpointId' };

/** `wh_` and 20 base36 characters. */
export type WebhookId = string & { readonly __brand: 'WebhookId' };

/** `dl_` and 20 base36 characters; what a receiver knows a delivery by. */
export type DeliveryId = string & { readonly __brand: 'DeliveryId' };

/** Where randomness comes from: exactly `n` unpredictable bytes. */
export type RandomBytes = (n: number) => Uint8Array;

/** Host labels and path segments that mean something else in Weir's own names. */
export const reservedNames: readonly string[] = ['pooler', 'api', 'apiauth'];

const base36 = '0123456789abcdefghijklmnopqrstuvwxyz';
const organisationIdPattern = /^org_[0-9a-z]{20}$/;
const apiKeyIdPattern = /^key_[0-9a-f]{16}$/;
const credentialIdPattern = /^cred_[0-9a-z]{20}$/;
const trustRuleIdPattern = /^tr_[0-9a-z]{20}$/;
const tenantIdPattern = /^tn_[0-9a-z]{20}$/;
const webhookIdPattern = /^wh_[0-9a-z]{20}$/;
const deliveryIdPattern = /^dl_[0-9a-z]{20}$/;
const endpointIdPattern = /^ep-[a-z]{2,12}-[a-z]{2,12}-[0-9a-z]{6}$/;

/** Whether `text` is an organisation id. */
export function isOrganisationId(text: string): text is OrganisationId {
  return organisationIdPattern.test(text);
}

/** Whether `text` is the id of an API key. */
export function isApiKeyId(text: string): text is ApiKeyId {
  return apiKeyIdPattern.test(text);
}

/** Whether `text` is a credential's id, and so a user name that Weir has made. */
export function isCredentialId(text: string): text is CredentialId {
  return credentialIdPattern.test(text);
}

/** Whether `text` is the id of a trust rule. */
export function isTrustRuleId(text: string): text is TrustRuleId {
  return trustRuleIdPattern.test(text);
}

/** Whether `text` is a tenant id. */
export function isTenantId(text: string): text is TenantId {
  return tenantIdPattern.test(text);
}

/** Whether `text` is a webhook's id. */
export function isWebhookId(text: string): text is WebhookId {
  return webhookIdPattern.test(text);
}

/** Whether `text` is the id of a delivery. */
export function isDeliveryId(text: string): text is DeliveryId {
  return deliveryIdPattern.test(text);
}

/** Whether `text` is an endpoint id: right in form, and no part of it a reserved name. */
export function isEndpointId(text: string): text is EndpointId {
  return endpointIdPattern.test(text) && !text.split('-').some((part) => reservedNames.includes(part));
}

/** A new organisation id with 103 bits of randomness. */
export function newOrganisationId(randomBytes: RandomBytes): OrganisationId {
  return `org_${randomDigits(20, randomBytes)}` as OrganisationId;
}

/** A new credential id with 103 bits of randomness. */
export function newCredentialId(randomBytes: RandomBytes): CredentialId {
  return `cred_${randomDigits(20, randomBytes)}` as CredentialId;
}

/** A new id of a trust rule with 103 bits of randomness. */
export function newTrustRuleId(randomBytes: RandomBytes): TrustRuleId {
  return `tr_${randomDigits(20, randomBytes)}` as TrustRuleId;
}

/** A new tenant id with 103 bits of randomness. */
export function newTenantId(randomBytes: RandomBytes): TenantId {
  return `tn_${randomDigits(20, randomBytes)}` as TenantId;
}

/** A new webhook id with 103 bits of randomness. */
export function newWebhookId(randomBytes: RandomBytes): WebhookId {
  return `wh_${randomDigits(20, randomBytes)}` as WebhookId;
}

/** A new id of a delivery with 103 bits of randomness. */
export function newDeliveryId(randomBytes: RandomBytes): DeliveryId {
  return `dl_${randomDigits(20, randomBytes)}` as DeliveryId;
}

/** A new endpoint id; the caller tries again when the catalog already has it. */
export function newEndpointId(randomBytes: RandomBytes): EndpointId {
  for (;;) {
    const adjective = adjectives[randomBelow(adjectives.length, randomBytes)];
    const noun = nouns[randomBelow(nouns.length, randomBytes)];
    const id = `ep-${adjective}-${noun}-${randomDigits(6, randomBytes)}`;
    // Six base36 digits can spell `pooler`, which would make the host ambiguous.
    if (isEndpointId(id)) return id;
  }
}

function randomDigits(count: number, randomBytes: RandomBytes): string {
  let digits = '';
  for (let i = 0; i < count; i++) digits += base36[randomBelow(base36.length, randomBytes)];
  return digits;
}

/** Uniform in `0..limit-1` for a limit of at most 256; bytes that would favour small numbers are drawn again. */
function randomBelow(limit: number, randomBytes: RandomBytes): number {
  const usable = 256 - (256 % limit);
  for (;;) {
    const byte = randomBytes(1)[0]!;
    if (byte < usable) return byte % limit;
  }
}
