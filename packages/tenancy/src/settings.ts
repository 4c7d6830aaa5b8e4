// What an endpoint's settings are when its tenant chose none, and which of them hold for one pool.
import type { EndpointSettings, PoolChoices } from './published-endpoint.ts';

/** Most overrides of an endpoint: each is looked at whenever a pool is made, and stands in every published record. */
export const overridesMax = 64;

export const defaultEndpointSettings: EndpointSettings = {
  mode: 'transaction',
  stateTracking: 'auto',
  poolSize: null,
  // Who wants connections held without need says so: a database that suspends itself would never sleep.
  poolSizeMin: 0,
  clientConnectionsMax: 10_000,
  // A client notices the wait by a NOTICE at 5 s; a function platform's own deadline comes before this one.
  queryWaitTimeoutMs: 60_000,
  serverIdleTimeoutMs: 300_000,
  serverLifetimeMs: 3_600_000,
  pinsMax: null,
  // None of these: Postgres has the like, per role and database, and a default here would end what works today.
  pinIdleTimeoutMs: 0,
  clientIdleTimeoutMs: 0,
  idleInTransactionTimeoutMs: 0,
  queryTimeoutMs: 0,
  transactionTimeoutMs: 0,
  requireTls: true,
  allowedAddresses: null,
  overrides: [],
};

/** Settings as an earlier release published them, with the defaults of what it did not know. */
export function completeSettings(settings: Partial<EndpointSettings>): EndpointSettings {
  return { ...defaultEndpointSettings, ...withoutUndefined(settings) };
}

/**
 * What holds for the pools of a role in a database. Each setting comes from the most specific override that has it:
 * of both, of the role, of the database, and else from the endpoint, as with Postgres's ALTER ROLE … IN DATABASE … SET.
 */
export function settingsFor(settings: EndpointSettings, role: string, database: string): PoolChoices {
  const { clientConnectionsMax, requireTls, allowedAddresses, overrides, ...common } = settings;
  const fitting = overrides
    .filter((one) => (one.role ?? role) === role && (one.database ?? database) === database)
    .sort((one, other) => specificity(one) - specificity(other));
  return Object.assign({}, common, ...fitting.map((one) => withoutUndefined(one.settings)));
}

function specificity(override: { readonly role: string | null; readonly database: string | null }): number {
  return (override.role === null ? 0 : 2) + (override.database === null ? 0 : 1);
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
