// Read-only endpoints: what a client sees of one in front of the same database, and of one in front of a replica.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CreateEndpointReply, EndpointPageReply } from '@weir/api-contract';
import { findPsql, type Postgres, runPsql, startPostgres, startWeir, type Weir } from '@weir/harness';
import { connectionString, hostOf } from '@weir/tenancy';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { backendOf, one } from '../open-clients.ts';

const readOnlySqlTransaction = '25006';

let weir: Weir;
let replica: Postgres;
let reading: CreateEndpointReply['endpoint'];
let ofReplica: CreateEndpointReply['endpoint'];
const open = new Set<pg.Client>();

beforeAll(async () => {
  [weir, replica] = await Promise.all([startWeir({ budget: 3 }), startReplica()]);
  const { host, port, user, password } = weir.postgres;
  reading = await addReadOnly({ host, port, user, password, database: weir.database });
  ofReplica = await addReadOnly({
    ...{ host: replica.host, port: replica.port, database: 'app' },
    ...{ user: replica.user, password: replica.password },
  });
  const writer = await weir.client();
  await writer.query('create table notes (text text)');
  await writer.end();
});
afterEach(async () => {
  await Promise.all([...open].map((client) => client.end().catch(() => {})));
  open.clear();
});
afterAll(async () => {
  await weir?.close();
  await replica?.close();
});

/** One that stands by for a primary that never says anything: in recovery, and open for reading. */
async function startReplica(): Promise<Postgres> {
  const server = await startPostgres();
  await server.createRole('app', 'app-pw');
  await server.sql('create database app owner app');
  const [{ data_directory: directory }] = (await server.sql('show data_directory')) as [
    { data_directory: string },
  ];
  await server.stop();
  writeFileSync(join(directory, 'standby.signal'), '');
  await server.start();
  return server;
}

async function addReadOnly(upstream: object): Promise<CreateEndpointReply['endpoint']> {
  const { endpoint } = await weir.controlApi.call<CreateEndpointReply>(
    'POST',
    `/v1/tenants/${weir.tenant.id}/endpoints`,
    {
      kind: 'read_only',
      upstream: { ...upstream, tlsMode: 'disable' },
      computeRamGb: 64,
      sizing: { cap: 3, reserve: 0 },
    },
  );
  return endpoint;
}

interface Side {
  readonly direct?: boolean;
  readonly options?: string;
  readonly told?: Map<string, string>;
}

/** `told` gets what the server is said to be, as libpq would hear it. */
async function connect({ id }: { id: string }, { direct = false, options, told }: Side = {}) {
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: weir.pooler.port, user: 'app', password: 'app-pw', database: 'app' },
    ...(options !== undefined && { options }),
    ssl: { ca: weir.caPem, servername: hostOf(id, !direct, weir.domain) },
  });
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) =>
    told?.set(message.parameterName, message.parameterValue),
  );
  client.on('error', () => {});
  await client.connect();
  open.add(client);
  return client;
}

async function refusal(client: pg.Client, sql: string): Promise<string | undefined> {
  return client.query(sql).then(
    () => undefined,
    (error: pg.DatabaseError) => error.code,
  );
}

test.each([
  ['pooled', false],
  ['direct', true],
])('on the %s host a write is refused by the server, and a read is served', async (_, direct) => {
  const told = new Map<string, string>();
  const client = await connect(reading, { direct, told });
  expect(told.get('default_transaction_read_only')).toBe('on');
  expect(told.get('in_hot_standby')).toBe('off');
  expect(await one(client, 'select count(*) from notes')).toBe('0');
  for (const sql of [
    "insert into notes values ('x')",
    'create table more ()',
    "do $$ begin insert into notes values ('x'); end $$",
  ]) {
    expect([sql, await refusal(client, sql)]).toEqual([sql, readOnlySqlTransaction]);
  }
  await client.query('begin');
  expect(await refusal(client, 'delete from notes')).toBe(readOnlySqlTransaction);
  await client.query('rollback');
});

test('what a client or its role asks for at the start does not make it writable', async () => {
  await weir.postgres.sql('alter role app set default_transaction_read_only = off');
  const options = '-c default_transaction_read_only=off -c transaction_read_only=off -c work_mem=5MB';
  for (const direct of [false, true]) {
    const client = await connect(reading, { direct, options });
    expect(await one(client, 'show work_mem')).toBe('5MB');
    expect(await one(client, 'show transaction_read_only')).toBe('on');
    await client.query('reset all');
    expect(await one(client, 'show transaction_read_only')).toBe('on');
  }
  // More sets of settings than pools are made for: what is left over is set on a server that others use.
  for (let i = 0; i < 8; i++) {
    const client = await connect(reading, { options: `${options} -c lock_timeout=${i + 1}s` });
    const both = "select current_setting('lock_timeout') || current_setting('transaction_read_only')";
    expect(await one(client, both)).toBe(`${i + 1}son`);
  }
  await weir.postgres.sql('alter role app reset default_transaction_read_only');
});

test('a session that asks for a transaction that writes gets it, and no other session with it', async () => {
  const [client, other, third] = await Promise.all([connect(reading), connect(reading), connect(reading)]);
  await client!.query('set default_transaction_read_only = off');
  for (let i = 0; i < 3; i++) {
    // The servers of the pool go round.
    await Promise.all([other!.query('begin'), third!.query('begin')]);
    await client!.query("insert into notes values ('meant')");
    await Promise.all([other!.query('commit'), third!.query('commit')]);
    for (const one of [other!, third!]) {
      expect(await refusal(one, "insert into notes values ('not meant')")).toBe(readOnlySqlTransaction);
    }
  }
  await client!.query('discard all');
  expect(await refusal(client!, "insert into notes values ('x')")).toBe(readOnlySqlTransaction);
  await other!.query('begin read write');
  await other!.query('delete from notes');
  await other!.query('commit');
  expect(await refusal(other!, "insert into notes values ('x')")).toBe(readOnlySqlTransaction);
});

test('a session with a server connection of its own, and one that is pinned, read only too', async () => {
  const client = await connect(reading, { options: '-c application_name=mine -c statement_timeout=9s' });
  await client.query('select pg_advisory_lock(7)');
  const backend = await backendOf(client);
  expect(await refusal(client, "insert into notes values ('x')")).toBe(readOnlySqlTransaction);
  expect(await backendOf(client)).toBe(backend);
  await client.query('select pg_advisory_unlock(7)');
});

test('an endpoint that writes beside it shares its budget and none of its servers', async () => {
  expect(reading.upstream.id).toBe(weir.endpoint.upstream.id);
  const writer = await weir.client();
  open.add(writer);
  const reader = await connect(reading);
  for (let i = 0; i < 4; i++) {
    expect(await one(writer, 'show transaction_read_only')).toBe('off');
    expect(await one(reader, 'show transaction_read_only')).toBe('on');
  }
});

test('a replica is tried out, served on both hosts, and says that it is one', async () => {
  expect(ofReplica.upstream.id).not.toBe(weir.endpoint.upstream.id);
  for (const direct of [false, true]) {
    const told = new Map<string, string>();
    const client = await connect(ofReplica, { direct, told });
    expect([told.get('in_hot_standby'), told.get('default_transaction_read_only')]).toEqual(['on', 'on']);
    expect(await one(client, 'select pg_is_in_recovery()')).toBe(true);
    expect(await refusal(client, 'create table notes ()')).toBe(readOnlySqlTransaction);
    // There nobody can ask for more.
    await client.query('set default_transaction_read_only = off');
    expect(await refusal(client, 'create table notes ()')).toBe(readOnlySqlTransaction);
  }
});

test.skipIf(findPsql() === null)(
  "libpq's target_session_attrs finds the endpoint that it asks for",
  async () => {
    const ask = async (id: string, attributes: string, pooled: boolean) => {
      const url = connectionString({
        ...{ role: 'app', password: 'app-pw', host: hostOf(id, pooled, weir.domain) },
        ...{ port: weir.pooler.port, database: 'app', params: { target_session_attrs: attributes } },
      });
      const { code, stderr } = await runPsql(url, 'select 1');
      return code === 0
        ? 'let in'
        : /session is (?:not )?read-only|server is (?:not )?in hot standby/.exec(stderr)?.[0];
    };
    const all = async (id: string) => {
      const wanted = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'];
      const said = await Promise.all(
        wanted.flatMap((attributes) => [ask(id, attributes, true), ask(id, attributes, false)]),
      );
      // Pooled and direct alike.
      return wanted.map((attributes, i) => {
        expect(said[2 * i + 1]).toBe(said[2 * i]);
        return `${attributes}: ${said[2 * i]}`;
      });
    };
    expect(await all(weir.endpoint.id)).toEqual([
      'any: let in',
      'read-write: let in',
      'read-only: session is not read-only',
      'primary: let in',
      'standby: server is not in hot standby',
      'prefer-standby: let in',
    ]);
    expect(await all(reading.id)).toEqual([
      'any: let in',
      'read-write: session is read-only',
      'read-only: let in',
      'primary: let in',
      'standby: server is not in hot standby',
      'prefer-standby: let in',
    ]);
    expect(await all(ofReplica.id)).toEqual([
      'any: let in',
      'read-write: session is read-only',
      'read-only: let in',
      'primary: server is in hot standby',
      'standby: let in',
      'prefer-standby: let in',
    ]);
  },
);

test('endpoints are listed by kind, and a kind stays what it was made as', async () => {
  const path = `/v1/tenants/${weir.tenant.id}/endpoints`;
  const ids = async (kind: string) => {
    const page = await weir.controlApi.call<EndpointPageReply>('GET', `${path}?kind=${kind}`);
    return page.items.map((endpoint) => endpoint.id).sort();
  };
  expect(await ids('read_only')).toEqual([reading.id, ofReplica.id].sort());
  expect(await ids('read_write')).toEqual([weir.endpoint.id]);
  expect((await weir.controlApi.fetch('GET', `${path}?kind=writable`)).status).toBe(422);
  const change = await weir.controlApi.fetch('PATCH', `/v1/endpoints/${reading.id}`, { kind: 'read_write' });
  expect(change.status).toBe(422);
});
