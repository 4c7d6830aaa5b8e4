// The endpoint in front of the fake server, as a control plane would publish it.
import { buildVerifier } from '@weir/scram';
import { defaultEndpointSettings, noOrders, type PublishedEndpoint } from '@weir/tenancy';

export const endpointId = 'ep-calm-river-a1b2c3';
export const password = 'shop';

/** An active endpoint in front of the server on `port`, with one role `shop`. */
export function endpointOf(port: number, poolSize: number): PublishedEndpoint {
  return {
    endpointId,
    tenantId: 'tn_00000000000000000000',
    tenantName: 'shop',
    status: 'active',
    kind: 'read_write',
    region: 'default',
    cell: 'default',
    generation: 1,
    upstream: {
      id: 'fake',
      host: '127.0.0.1',
      port,
      tlsMode: 'disable',
      caPem: null,
      serverVersion: '18.4',
    },
    defaultDatabase: 'shop',
    sizing: {
      ramBytes: 1 << 30,
      divisorBytes: 9_531_392,
      cap: 4000,
      reserve: 7,
      maxConnections: 100,
      reservedConnections: 3,
      budget: 2 * poolSize,
    },
    settings: { ...defaultEndpointSettings, poolSize, requireTls: false },
    serviceRole: null,
    orders: noOrders,
    authQuery: null,
    credentials: [],
    mockSecret: null,
    roles: [
      {
        name: 'shop',
        verifier: buildVerifier(password, { salt: new Uint8Array(16).fill(7), iterations: 1 }),
        verifierIsServers: true,
        password: null,
        validUntil: null,
        previous: null,
      },
    ],
  };
}
