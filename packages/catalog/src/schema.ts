// The tables of the catalog, whose constraints guard what must always hold, whoever writes; re-exports only.
export { apiKeys, keptReplies } from './schema/api-keys.ts';
export { audit } from './schema/audit.ts';
export { cells } from './schema/cells.ts';
export { endpoints, outbox } from './schema/endpoints.ts';
export { catalogMeta, organisations } from './schema/organisations.ts';
export { credentials, roles, trustRules } from './schema/roles.ts';
export { tenants } from './schema/tenants.ts';
export { usageHours, usageReadings } from './schema/usage.ts';
export { deliveries, webhooks } from './schema/webhooks.ts';
