// The HTTP API as schemas and types, for the server, the dashboard, the command line and tests; re-exports only.
export * from './api-keys.ts';
export * from './audit.ts';
export * from './client.ts';
export * from './endpoints.ts';
export * from './identity.ts';
export * from './me.ts';
export * from './operations/operation.ts';
export * from './operations/operations.ts';
export * from './organisations.ts';
export * from './paths.ts';
export * from './pins.ts';
export * from './problem.ts';
export * from './roles.ts';
export * from './scopes.ts';
export * from './settings.ts';
export * from './tenants.ts';
export * from './upstream.ts';
