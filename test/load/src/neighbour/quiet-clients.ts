// The load generator of the quiet tenants: each has a client with a small query now and then, and now and then a new client.
import { setTimeout as delay } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import pg from 'pg';
import type { QuietOrder, QuietResult, Target } from './messages.ts';

/** Between two queries of one client; with 50 of them some 1 600 a second. */
const thinkMs = 30;
/** Between two new clients of all. */
const connectEachMs = 100;

/** One for all: making it costs more than a handshake. Whose certificate it is plays no part. */
const secureContext = createSecureContext();

export function clientOf(target: Target, tls = true): pg.Client {
  const { port, user, password, database, servername } = target;
  const [endpoint] = servername.split('.', 1);
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    // Without TLS there is no SNI to find the endpoint by.
    user: tls ? user : `${user}.${endpoint}`,
    password,
    database,
    ssl: tls ? { servername, rejectUnauthorized: false, secureContext } : false,
  });
  client.on('error', () => {});
  return client;
}

/** Serves orders of the parent until it goes. */
export async function runQuiet(targets: readonly Target[]): Promise<void> {
  const clients = targets.map((target) => clientOf(target));
  await Promise.all(clients.map((client) => client.connect()));
  process.on('message', (order: QuietOrder) => {
    void measure(clients, targets, order.seconds * 1000).then((result) => process.send!(result));
  });
  process.send!('ready');
}

async function measure(
  clients: readonly pg.Client[],
  targets: readonly Target[],
  lengthMs: number,
): Promise<QuietResult> {
  const queries: number[] = [];
  const connects: number[] = [];
  const failures: Record<string, number> = {};
  const endsAt = performance.now() + lengthMs;
  const timed = async (into: number[], what: () => Promise<unknown>) => {
    const startedAt = performance.now();
    try {
      await what();
      into.push(performance.now() - startedAt);
    } catch (error) {
      const { message } = error as Error;
      failures[message] = (failures[message] ?? 0) + 1;
    }
  };
  const ask = async (client: pg.Client) => {
    // So that they do not all ask at once.
    await delay(Math.random() * thinkMs);
    while (performance.now() < endsAt) {
      await timed(queries, () => client.query('select 1'));
      await delay(thinkMs);
    }
  };
  const arrive = async () => {
    for (let next = 0; performance.now() < endsAt; next++) {
      const client = clientOf(targets[next % targets.length]!);
      await timed(connects, async () => {
        await client.connect();
        await client.query('select 1');
      });
      await client.end().catch(() => {});
      await delay(connectEachMs);
    }
  };
  await Promise.all([...clients.map(ask), arrive()]);
  return { queries, connects, failures };
}
