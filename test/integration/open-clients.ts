// Clients of one test file: each is ended after the test that connected it. And the two questions that tests ask most.
import type { Weir } from '@weir/harness';
import type pg from 'pg';
import { afterEach, expect } from 'vitest';

/** Connects one client, as `Weir.client` does. */
export type Connect = (options?: Parameters<Weir['client']>[0]) => Promise<pg.Client>;

/** To be called once in a test file; `weir` is asked for at each connect, since it starts later. */
export function clientsPerTest(weir: () => Weir): Connect {
  const open = new Set<pg.Client>();
  afterEach(async () => {
    await Promise.all([...open].map((client) => client.end().catch(() => {})));
    open.clear();
  });
  return async (options = {}) => {
    const client = await weir().client(options);
    open.add(client);
    return client;
  };
}

/** The only column of the only row. */
export async function one(client: pg.Client, sql: string): Promise<unknown> {
  const { rows } = await client.query(sql);
  expect(rows.length).toBe(1);
  return Object.values(rows[0] as object)[0];
}

/** The process id of the server that the client has just now. */
export async function backendOf(client: pg.Client): Promise<number> {
  return Number(await one(client, 'select pg_backend_pid()'));
}
