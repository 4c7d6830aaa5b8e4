// Memory of idle clients: the pooler's resident size before and after so many logins of one query each.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { residentBytes } from '@weir/harness';
import pg from 'pg';
import type { IdleCell } from './cell.ts';
import type { Target, TargetName } from './target.ts';

/** What idle clients cost one pooler. */
export interface IdleMeasurement {
  readonly cell: string;
  readonly target: TargetName;
  readonly clients: number;
  readonly bytesBefore: number;
  readonly bytesPerClient: number;
}

// At once; more only queues the password hashing of this process.
const loginsAtOnce = 32;

/** How many idle clients this process may open: its open-file limit bounds them. */
export function idleClientsPossible(wanted: number): number {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return Math.min(wanted, Math.max(1, Number(limit ?? 1024) - 200));
}

/** Opens the clients, looks, and closes them again. */
export async function measureIdle(target: Target, cell: IdleCell, clients: number): Promise<IdleMeasurement> {
  // The first clients pay for what is made once: code, buffers, the pool.
  await closeAll(await openClients(target, cell.tls, loginsAtOnce));
  const bytesBefore = await settledBytes(target);
  const open = await openClients(target, cell.tls, clients);
  const bytesAfter = await settledBytes(target);
  await closeAll(open);
  return {
    cell: cell.name,
    target: target.name,
    clients,
    bytesBefore,
    bytesPerClient: (bytesAfter - bytesBefore) / clients,
  };
}

async function openClients(target: Target, tls: boolean, count: number): Promise<pg.Client[]> {
  const clients: pg.Client[] = [];
  const openOne = async () => {
    const client = new pg.Client({
      host: '127.0.0.1',
      ...target.address,
      // Whose certificate it is plays no part in what a connection costs.
      ssl: tls ? { rejectUnauthorized: false } : false,
    });
    client.on('error', () => {});
    await client.connect();
    await client.query('select 1');
    clients.push(client);
  };
  for (let opened = 0; opened < count; ) {
    const batch = Math.min(loginsAtOnce, count - opened);
    await Promise.all(Array.from({ length: batch }, openOne));
    opened += batch;
  }
  return clients;
}

async function closeAll(clients: readonly pg.Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.end()));
}

// Resident size goes on moving while a runtime collects; it counts as settled when three looks agree within 1 %.
async function settledBytes(target: Target): Promise<number> {
  const look = () => target.pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
  const looks = [look()];
  for (let n = 0; n < 30; n += 1) {
    await delay(500);
    looks.push(look());
    const last = looks.slice(-3);
    if (last.length === 3 && Math.max(...last) - Math.min(...last) < 0.01 * Math.max(...last)) break;
  }
  return looks.at(-1)!;
}
