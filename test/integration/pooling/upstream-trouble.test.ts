// A database that restarts, is full, refuses TLS or answers at another address: clients wait, and are told the cause at their deadline.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type Postgres, startPostgres, startWeir, type Weir, waitUntil } from '@weir/harness';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

// Longer than the longest pause between two attempts.
const queryWaitTimeoutMs = 3_000;
// Of these Postgres keeps three for superusers.
const maxConnections = 12;
let weir: Weir;
beforeAll(async () => {
  weir = await startWeir({
    postgres: { tls: true, maxConnections },
    settings: { queryWaitTimeoutMs },
  });
});
afterAll(() => weir?.close());

const clients = (count: number) => Promise.all(Array.from({ length: count }, () => weir.client()));
const endAll = (all: readonly pg.Client[]) => Promise.all(all.map((client) => client.end()));

async function metric(name: string, label = ''): Promise<number | undefined> {
  const text = await (await fetch(`${weir.pooler.adminUrl}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name}{`) && one.includes(label));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

/** What the pooler still holds for open when a query arrives might be lent for it. */
function noneIdle(): Promise<unknown> {
  const isSeen = async () => (await metric('weir_servers', 'state="idle"')) === 0;
  return waitUntil(isSeen, { what: 'the pooler has seen that its server connections are gone' });
}

/** `count` clients query at once; resolves when all are answered. */
async function allServed(all: readonly pg.Client[]): Promise<void> {
  const replies = await Promise.all(all.map((client) => client.query('select 1 as one')));
  expect(replies.every(({ rows }) => rows[0].one === 1)).toBe(true);
}

test('clients outside a transaction do not notice that the database was restarted', async () => {
  const all = await clients(20);
  await allServed(all);
  await weir.postgres.stop();
  await noneIdle();
  const served = allServed(all);
  await waitUntil(async () => (await metric('weir_circuit', 'state="open"')) === 1, {
    what: 'the circuit opens',
  });
  await weir.postgres.start();
  await served;
  expect(await metric('weir_circuit_opens_total')).toBe(1);
  const words = weir.pooler.output();
  expect(words).toMatch(/server cannot be reached, one attempt at a time: could not connect/);
  expect(words).toMatch(/server answers again/);
  await endAll(all);
});

test('a direct client that comes while the database is away is let in once it is back', async () => {
  await weir.postgres.stop('immediate');
  const coming = weir.client({ direct: true });
  await waitUntil(async () => (await metric('weir_circuit', 'state="open"')) === 1, {
    what: 'the circuit opens',
  });
  await weir.postgres.start();
  const direct = await coming;
  expect((await direct.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await direct.end();
});

test('where others have taken the connections of the database, clients share what is left', async () => {
  await weir.postgres.sql('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [
    'app',
  ]);
  const { host, port } = weir.postgres;
  const others = Array.from(
    // The test's own questions take one more, and two are left for Weir.
    { length: maxConnections - 3 - 1 - 2 },
    () => new pg.Client({ host, port, user: 'app', password: 'app-pw', database: 'app' }),
  );
  for (const other of others) other.on('error', () => {});
  await Promise.all(others.map((other) => other.connect()));
  const all = await clients(8);
  for (let turn = 0; turn < 5; turn++) await allServed(all);
  expect(await metric('weir_budget_ceiling')).toBeLessThan(maxConnections - 3);
  const begun = await Promise.allSettled(all.map((client) => client.query('begin')));
  const refusals = begun.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refusals.length).toBeGreaterThanOrEqual(6);
  for (const refusal of refusals)
    expect(refusal).toMatchObject({
      code: '53300',
      message: expect.stringMatching(/takes no more connections/),
    });
  await endAll([...all, ...others]);
  const later = await clients(4);
  await allServed(later);
  await endAll(later);
});

/** The database by the name `localhost` and a port of the test's own, behind which it can move. */
async function movable(): Promise<Address> {
  const address = await forwardFrom('127.0.0.1', 0, weir.postgres);
  await weir.controlApi.call('PATCH', `/v1/endpoints/${weir.endpoint.id}`, {
    upstream: { host: 'localhost', port: address.port, password: weir.postgres.password },
  });
  const { connections } = address;
  const arrived = async () => {
    const client = await weir.client();
    await client.query('select 1');
    await client.end();
    return address.connections > connections;
  };
  await waitUntil(arrived, { what: 'the pooler has heard of the new address' });
  return address;
}

test('a database that refuses TLS is waited for, and at the deadline the refusal is told', async () => {
  const standby = await startPostgres({ tls: false });
  const address = await movable();
  const all = await clients(3);
  await allServed(all);
  address.move(standby);
  await noneIdle();
  await expect(all[0]!.query('select 1')).rejects.toMatchObject({
    code: '08006',
    message: expect.stringMatching(/does not support TLS/),
  });
  const served = allServed(all.slice(1));
  address.move(weir.postgres);
  await served;
  await endAll(all);
  await address.close();
  await standby.close();
});

const hasIPv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

test.skipIf(!hasIPv6)(
  'a database that has moved to another address of its name is found there (needs ::1)',
  async () => {
    const before = await movable();
    const all = await clients(3);
    await allServed(all);
    await before.close();
    await noneIdle();
    const served = allServed(all);
    const after = await forwardFrom('::1', before.port, weir.postgres);
    await served;
    expect(after.connections).toBeGreaterThan(0);
    await endAll(all);
    await after.close();
  },
);

interface Address {
  readonly port: number;
  readonly connections: number;
  /** Ends what is connected; from now on another server answers. */
  move(to: Postgres): void;
  close(): Promise<void>;
}

/** Makes a server answer at another address as well. */
async function forwardFrom(host: string, port: number, first: Postgres): Promise<Address> {
  const sockets = new Set<Socket>();
  const endConnections = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  let to = first;
  let connections = 0;
  const server = createServer((near) => {
    connections++;
    const far = connect(to.port, to.host);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    move(target) {
      to = target;
      endConnections();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        endConnections();
      }),
  };
}
