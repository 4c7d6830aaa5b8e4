// Starts a pooler that knows nothing, and looks what its first client waits for and what it has read and keeps in memory.
import { residentBytes, waitUntil } from '@weir/harness';
import pg from 'pg';
import type { ControlPlane } from '../control-plane.ts';
import { clientOf } from './requests.ts';
import type { Made } from './tenants.ts';

export interface FreshStart {
  /** From the start of the process to the line that says it is ready. */
  readonly readyMs: number;
  /** From the first client's first packet to its first row, a new server connection included. */
  readonly firstRowMs: number;
  readonly knownEndpoints: number;
  readonly residentBytes: number;
}

/** Starts one, lets a client of `tenant` in, looks, and ends it. */
export async function startFresh(plane: ControlPlane, tenant: Made): Promise<FreshStart> {
  const startedAt = performance.now();
  await using pooler = await plane.startPooler();
  const readyMs = performance.now() - startedAt;
  const connectedAt = performance.now();
  const client = new pg.Client(clientOf(pooler, tenant.endpointId, plane.login));
  await client.connect();
  await client.query('select 1');
  const firstRowMs = performance.now() - connectedAt;
  // A first look at its metrics compiles what prints them.
  const known = await waitUntil(
    async () => /^weir_known_endpoints\{[^}]*\} (\d+)$/m.exec(await pooler.metrics())?.[1],
    { what: 'the pooler says how many endpoints it knows' },
  );
  const bytes = residentBytes(pooler.pid);
  await client.end();
  return { readyMs, firstRowMs, knownEndpoints: Number(known), residentBytes: bytes };
}
