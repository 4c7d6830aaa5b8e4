// A published endpoint for tests. Not part of what ships.
import { defaultEndpointSettings, noOrders, type PublishedEndpoint } from '@weir/tenancy';

/** An active endpoint without roles, in front of a server that is not there unless `part` names one. */
export function endpointOf(part: Partial<PublishedEndpoint> = {}): PublishedEndpoint {
  return {
    endpointId: 'ep-calm-river-a1b2c3',
    tenantId: 'tn_00000000000000000000',
    tenantName: 'acme',
    status: 'active',
    kind: 'read_write',
    region: 'default',
    cell: 'default',
    generation: 1,
    upstream: {
      id: 'test',
      host: 'localhost',
      port: 1,
      tlsMode: 'verify-full',
      caPem: null,
      serverVersion: '18.4',
    },
    defaultDatabase: 'postgres',
    sizing: {
      ramBytes: 1 << 30,
      divisorBytes: 9_531_392,
      cap: 4000,
      reserve: 7,
      maxConnections: 100,
      reservedConnections: 3,
      budget: 20,
    },
    settings: defaultEndpointSettings,
    serviceRole: { name: 'postgres', password: 'super' },
    orders: noOrders,
    authQuery: null,
    roles: [],
    credentials: [],
    mockSecret: Buffer.alloc(32, 7).toString('base64'),
    ...part,
  };
}
