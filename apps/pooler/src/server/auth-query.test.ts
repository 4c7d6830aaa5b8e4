// What is known of a role's secret while the database that holds it is away.
import { findPostgresBinaries } from '@weir/local-servers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endpointOf } from '../testing/endpoint.ts';
import { loopbackOnly, type RealPostgres, startRealPostgres, upstreamOf } from '../testing/real-postgres.ts';
import { RoleSecrets } from './auth-query.ts';
import { ServiceConnections } from './service-connections.ts';

const binaries = findPostgresBinaries();
let postgres: RealPostgres;
beforeAll(async () => {
  postgres = await startRealPostgres(binaries!);
});
afterAll(() => postgres?.stop());

test.skipIf(binaries === null)(
  'a secret that was read answers for ten minutes while the database is away, and nobody unknown comes in',
  async () => {
    let clock = 0;
    const service = new ServiceConnections({ policy: loopbackOnly, timeoutMs: 5_000 });
    const secrets = new RoleSecrets({ service, now: () => clock });
    const { user, password } = postgres.server;
    const endpoint = endpointOf({ upstream: upstreamOf(postgres), serviceRole: { name: user, password } });
    const known = await secrets.read(endpoint, 't_scram');
    expect(known?.verifier).toMatch(/^SCRAM-SHA-256\$/);
    expect((await secrets.read(endpoint, 'nobody'))?.verifier ?? null).toBeNull();

    await postgres.server.stop();
    clock = 599_000;
    expect(await secrets.read(endpoint, 't_scram')).toBe(known);
    await expect(secrets.read(endpoint, 't_plain')).rejects.toMatchObject({ name: 'PoolerError' });
    await expect(secrets.read(endpoint, 'nobody')).rejects.toMatchObject({ name: 'PoolerError' });
    clock = 601_000;
    await expect(secrets.read(endpoint, 't_scram')).rejects.toMatchObject({ name: 'PoolerError' });
    service.close();
  },
);
