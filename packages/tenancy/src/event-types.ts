// What webhooks can be told of: what was done to tenants, endpoints and roles, and what became of databases.

export const eventTypes = [
  'tenant.created',
  'tenant.changed',
  'tenant.suspended',
  'tenant.activated',
  'tenant.deleted',
  'tenant.undeleted',
  'endpoint.created',
  'endpoint.changed',
  'endpoint.suspended',
  'endpoint.activated',
  'endpoint.deleted',
  'endpoint.paused',
  'endpoint.resumed',
  'endpoint.reconnected',
  'endpoint.killed',
  'endpoint.drained',
  'endpoint.healthy',
  'endpoint.failing',
  'endpoint.unreachable',
  'endpoint.budget-changed',
  'role.created',
  'role.imported',
  'role.rotated',
  'role.deleted',
] as const;

export type EventType = (typeof eventTypes)[number];
