// The values that say what a tenant is and how it is addressed; re-exports only.
export * from './audit-actions.ts';
export * from './connection-string.ts';
export * from './event-types.ts';
export * from './health.ts';
export * from './host.ts';
export * from './ids.ts';
export * from './orders.ts';
export type * from './published-endpoint.ts';
export * from './settings.ts';
export * from './sizing.ts';
export * from './snippets.ts';
export * from './subject-pattern.ts';
