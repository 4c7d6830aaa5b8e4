// What an endpoint's settings are when its tenant chose none.
import type { EndpointSettings } from './published-endpoint.ts';

export const defaultEndpointSettings: EndpointSettings = {
  poolSize: null,
  clientConnectionsMax: 10_000,
  // A client notices the wait by a NOTICE at 5 s; a function platform's own deadline comes before this one.
  queryWaitTimeoutMs: 60_000,
  serverIdleTimeoutMs: 300_000,
  serverLifetimeMs: 3_600_000,
  requireTls: true,
};
