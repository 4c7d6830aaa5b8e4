// The catalog, the truth about tenants and endpoints, in Postgres; re-exports only.
export * from './api-keys.ts';
export { type AuditAction, type AuditFilter, type AuditRecord, listAudit } from './audit.ts';
export { noteBansCleared } from './bans.ts';
export {
  type Author,
  type Catalog,
  type CatalogOptions,
  type Change,
  type KeyAuthor,
  openCatalog,
} from './catalog.ts';
export { type Cell, CellsError, cellsOf, settleCells } from './cells.ts';
export {
  type CredentialRecord,
  createCredential,
  credentialsMax,
  forgetExpiredCredentials,
  listCredentials,
  type NewCredential,
  revokeCredential,
} from './credentials.ts';
export {
  type AttemptOutcome,
  type ClaimedDelivery,
  claimDeliveries,
  type DeliveryRecord,
  type DeliveryStatus,
  forgetDeliveries,
  listDeliveries,
  replayDelivery,
  settleDelivery,
  testWebhook,
} from './deliveries.ts';
export {
  type DueEndpoint,
  type PlacedEndpoint,
  type PointingOptions,
  pointDueEndpoints,
  publishedEndpoints,
} from './dns.ts';
export { type CountedJob, countDue, type DueCount } from './due-counts.ts';
export {
  changeEndpoint,
  createEndpoint,
  findEndpoint,
  listEndpoints,
  openServicePassword,
  retireEndpoint,
} from './endpoints.ts';
export { raiseEpoch, settledEpoch } from './epoch.ts';
export type { EventBody } from './events.ts';
export {
  type ClaimedCheck,
  claimChecks,
  type HealthNews,
  newsOf,
  noteHealth,
  type SeenHealth,
  type ServerLimits,
} from './health.ts';
export * from './kept-replies.ts';
export { applyMigrations } from './migrate.ts';
export { orderEndpoint } from './orders.ts';
export * from './organisations.ts';
export {
  areSent,
  countUnsent,
  forgetSent,
  lastUnsentOf,
  type SendOutcome,
  sendDue,
} from './outbox.ts';
export { plainCatalogError } from './plain-error.ts';
export { surviveBrokenConnections } from './pool-errors.ts';
export type { Position } from './position.ts';
export { allPublications, endpointIdPages, type Publication, readPublications } from './publications.ts';
export {
  type EndpointChange,
  type EndpointRecord,
  IdTakenError,
  type LiveStatus,
  type NewEndpoint,
  type ProbedUpstream,
  type RoleRecord,
  type RoleRotation,
  type RoleSecret,
  type ServiceRole,
  type SizingChoice,
  type TenantRecord,
} from './records.ts';
export { countSealed, noneSealed, type Resealed, type SealedCounts, sealAgain } from './resealing.ts';
export { findRole, forgetRole, keepRole, listRoles } from './roles.ts';
export * from './rotations.ts';
export { type SealedKind, sealedKinds } from './sealed-columns.ts';
export {
  CatalogSealError,
  type CatalogSealKeys,
  createSealer,
  type Sealer,
  UnknownCatalogKeyError,
} from './sealer.ts';
export {
  changeTenant,
  createTenant,
  deleteTenant,
  findTenant,
  listTenants,
  purgeTenants,
  undeleteTenant,
} from './tenants.ts';
export * from './trust-rules.ts';
export * from './usage.ts';
export { endWebhookOverlap, forgetPreviousSecrets, rotateWebhookSecret } from './webhook-rotations.ts';
export {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  findWebhook,
  listWebhooks,
  type WebhookRecord,
  webhooksMax,
} from './webhooks.ts';
