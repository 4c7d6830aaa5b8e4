// LISTEN through the pooled host: many sessions listen over one server connection, and hear what a direct one would.
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backendOf, clientsPerTest, one } from '../open-clients.ts';
import { chooseSeed, seededRandom } from '../seeded-random.ts';

let weir: Weir;
const connect = clientsPerTest(() => weir);
beforeAll(async () => {
  weir = await startWeir({ budget: 6, settings: { queryWaitTimeoutMs: 30_000 } });
});
afterAll(() => weir?.close());

/** Payloads that `client` hears, with their channels. */
function heardBy(client: Client): string[] {
  const heard: string[] = [];
  client.on('notification', ({ channel, payload }) => heard.push(`${channel} ${payload}`));
  return heard;
}

/** Process ids of the server connections of `of`, or of those among them that listen for all. */
async function backends(of: Weir, only = 'true'): Promise<number[]> {
  const rows = await of.postgres.sql<{ pid: number }>(
    `select pid from pg_stat_activity where backend_type = 'client backend' and usename = 'app' and ${only}`,
  );
  return rows.map(({ pid }) => pid);
}

const hears = (heard: readonly string[], ...expected: string[]): Promise<unknown> =>
  waitUntil(() => expected.every((one) => heard.includes(one)), { what: `${expected} is heard` });

test('more sessions than the budget listen at once, each to its own channel, and all of them still query', async () => {
  const clients = await Promise.all(Array.from({ length: 20 }, () => connect()));
  const heard = clients.map(heardBy);
  for (const [index, client] of clients.entries()) await client.query(`listen c${index}`);
  await Promise.all(
    clients.map((client, index) => client.query(`select pg_notify('c${(index + 1) % 20}', 'from ${index}')`)),
  );
  for (const [index, list] of heard.entries()) await hears(list, `c${index} from ${(index + 19) % 20}`);
  for (const list of heard) expect(list).toHaveLength(1);
  expect((await backends(weir)).length).toBeLessThanOrEqual(6);
});

test.each(['simple', 'extended'])(
  'a session hears its own notifications, listening by the %s protocol',
  async (how) => {
    const client = await connect();
    const heard = heardBy(client);
    if (how === 'simple') await client.query('listen own');
    else await client.query({ text: 'listen own', values: [], name: 'listening' });
    await client.query("notify own, 'one'");
    await client.query('begin');
    await client.query("notify own, 'two'");
    await client.query('rollback');
    await client.query("notify own, 'three'");
    await hears(heard, 'own three');
    expect(heard).toEqual(['own one', 'own three']);
  },
);

test('nothing is told within a transaction, and all of it, in order, after its end', async () => {
  const [client, other] = [await connect(), await connect()];
  const heard = heardBy(client);
  await client.query('listen later');
  await client.query('begin');
  for (const n of [1, 2, 3]) await other.query(`notify later, '${n}'`);
  const marker = await connect();
  const ahead = heardBy(marker);
  await marker.query('listen later');
  await other.query("notify later, '4'");
  await hears(ahead, 'later 4');
  expect(await one(client, 'select 1')).toBe(1);
  expect(heard).toEqual([]);
  await client.query('commit');
  await hears(heard, 'later 4');
  expect(heard).toEqual(['later 1', 'later 2', 'later 3', 'later 4']);
});

test('LISTEN in a transaction counts from its commit, and not at all after a rollback', async () => {
  const [client, other] = [await connect(), await connect()];
  const heard = heardBy(client);
  await client.query('begin');
  await client.query('listen rolled_back');
  await client.query('rollback');
  await client.query('begin');
  await client.query('listen committed');
  await client.query('savepoint s');
  await client.query('listen undone');
  await client.query('rollback to s');
  await other.query("notify committed, 'too early'");
  await client.query('commit');
  for (const channel of ['rolled_back', 'undone', 'committed']) await other.query(`notify ${channel}, 'x'`);
  await hears(heard, 'committed x');
  expect(heard).toEqual(['committed x']);
});

test('UNLISTEN ends one channel or all, in a transaction from its commit on', async () => {
  const [client, other] = [await connect(), await connect()];
  const heard = heardBy(client);
  for (const channel of ['a', 'b', 'c', '"D e"']) await client.query(`listen ${channel}`);
  await client.query('unlisten a');
  await client.query('begin');
  await client.query('unlisten b');
  await client.query('rollback');
  await client.query('begin');
  await client.query('unlisten c');
  await client.query('commit');
  for (const channel of ['a', 'b', 'c', '"D e"']) await other.query(`notify ${channel}, '1'`);
  await hears(heard, 'D e 1');
  expect(heard).toEqual(['b 1', 'D e 1']);
  await client.query('unlisten *');
  await client.query('listen a');
  for (const channel of ['b', '"D e"', 'a']) await other.query(`notify ${channel}, '2'`);
  await hears(heard, 'a 2');
  expect(heard).toEqual(['b 1', 'D e 1', 'a 2']);
  await client.query('discard all');
  await client.query('listen b');
  for (const channel of ['a', 'b']) await other.query(`notify ${channel}, '3'`);
  await hears(heard, 'b 3');
  expect(heard).toEqual(['b 1', 'D e 1', 'a 2', 'b 3']);
});

test('a session sees the channels that it listens to, and no other', async () => {
  const [client, other] = [await connect(), await connect()];
  await client.query('listen mine');
  await client.query('listen "My Other"');
  await other.query('listen theirs');
  const { rows } = await client.query('select pg_listening_channels() as channel order by 1');
  expect(rows.map(({ channel }) => channel)).toEqual(['My Other', 'mine'].sort());
  expect(await one(other, 'select pg_listening_channels()')).toBe('theirs');
  await client.query('create temp table t (n int)');
  const own = await client.query('select pg_listening_channels() as channel');
  expect(own.rows).toHaveLength(2);
  const none = await connect();
  expect((await none.query('select pg_listening_channels()')).rows).toEqual([]);
});

test('channels are still heard once the session has a server connection of its own', async () => {
  const [client, other] = [await connect(), await connect()];
  const heard = heardBy(client);
  await client.query('listen before');
  await client.query('create temp table t (n int)');
  await client.query('listen after');
  for (const channel of ['before', 'after']) await other.query(`notify ${channel}, '1'`);
  await hears(heard, 'before 1', 'after 1');
  await client.query('unlisten before');
  await client.query('unlisten after');
  await client.query('listen last');
  for (const channel of ['before', 'after', 'last']) await other.query(`notify ${channel}, '2'`);
  await hears(heard, 'last 2');
  expect(heard.toSorted()).toEqual(['after 1', 'before 1', 'last 2']);
});

test('when the connection that listens is lost, sessions that listen are told so by an error', async () => {
  const fresh = await startWeir({ budget: 4 });
  const [idle, busy, other] = [await fresh.client(), await fresh.client(), await fresh.client()];
  const told = (client: Client): Promise<string> =>
    new Promise((resolve) => client.once('error', ({ message }: Error) => resolve(message)));
  const [idleTold, busyTold] = [told(idle), told(busy)];
  busy.on('error', () => {});
  idle.on('error', () => {});
  await idle.query('listen lost');
  await busy.query('listen lost');
  await busy.query('begin');
  const listeners = await backends(fresh, "application_name = 'weir listener'");
  expect(listeners).toHaveLength(1);
  await fresh.postgres.sql(`select pg_terminate_backend(${listeners[0]})`);
  expect(await idleTold).toMatch(/notifications may have been missed/);
  // What it has begun is not taken from it.
  expect(await one(busy, 'select 1')).toBe(1);
  await busy.query('commit');
  expect(await busyTold).toMatch(/notifications may have been missed/);
  expect(await one(other, 'select 1')).toBe(1);
  const again = await fresh.client();
  const heard = heardBy(again);
  await again.query('listen lost');
  await other.query("notify lost, 'again'");
  await hears(heard, 'lost again');
  await Promise.all([again.end(), other.end()]);
  await fresh.close();
});

test('what the session has set does not keep it from hearing', async () => {
  const [first, client, other] = [await connect(), await connect(), await connect()];
  await first.query('listen limits');
  await client.query(
    "set statement_timeout = '1ms'; set lock_timeout = '1ms'; set default_transaction_read_only = on",
  );
  await client.query('listen limits');
  const heard = heardBy(client);
  for (let n = 0; n < 20; n++) await other.query(`notify limits, '${n}'`);
  await hears(heard, 'limits 19');
  expect(heard).toHaveLength(20);
});

test('on a server connection of its own an UNLISTEN that is rolled back is none, and DISCARD ALL ends all', async () => {
  const [client, other] = [await connect(), await connect()];
  const heard = heardBy(client);
  for (const channel of ['kept', 'gone']) await client.query(`listen ${channel}`);
  await client.query('create temp table t (n int)');
  await client.query('begin');
  await client.query('unlisten kept');
  await client.query('rollback');
  await client.query('unlisten gone');
  for (const channel of ['gone', 'kept']) await other.query(`notify ${channel}, '1'`);
  await hears(heard, 'kept 1');
  expect(heard).toEqual(['kept 1']);
  await client.query('discard all');
  await client.query('listen last');
  for (const channel of ['kept', 'last']) await other.query(`notify ${channel}, '2'`);
  await hears(heard, 'last 2');
  expect(heard).toEqual(['kept 1', 'last 2']);
});

test('an UNLISTEN that is only prepared ends nothing', async () => {
  const [client, other] = [await connect(), await connect()];
  const heard = heardBy(client);
  await client.query('listen prepared');
  await expect(
    client.query({ name: 'u', text: 'unlisten prepared', values: ['one too many'] }),
  ).rejects.toThrow();
  await other.query("notify prepared, '1'");
  await hears(heard, 'prepared 1');
});

test.each([
  "set client_encoding = 'LATIN1'; listen changed",
  "listen changed; set client_encoding = 'LATIN1'",
])('%s: the session keeps its server and hears', async (text) => {
  const [client, other] = [await connect(), await connect()];
  const heard = heardBy(client);
  await client.query(text);
  const pid = await backendOf(client);
  await other.query("notify changed, 'x'");
  await hears(heard, 'changed x');
  expect(heard).toHaveLength(1);
  expect(await backendOf(client)).toBe(pid);
});

test('a session that speaks another encoding than UTF-8 keeps its server, and hears in its own', async () => {
  const [client, other] = [await connect(), await connect()];
  await client.query("set client_encoding = 'LATIN1'");
  const heard = heardBy(client);
  await client.query('listen latin');
  const pid = await backendOf(client);
  await other.query("notify latin, 'é'");
  await waitUntil(() => heard.length > 0, { what: 'it is heard' });
  // One byte in LATIN1, which the driver takes for UTF-8 that is broken.
  expect(heard).toEqual(['latin \ufffd']);
  expect(await backendOf(client)).toBe(pid);
});

test('a session that takes no notifications for long is ended with an error, and nobody else', async () => {
  const [client, other, third] = [await connect(), await connect(), await connect()];
  const heard = heardBy(third);
  const ended = new Promise<Error & { code?: string }>((resolve) => client.once('error', resolve));
  client.on('error', () => {});
  for (const one of [client, third]) await one.query('listen flood');
  await client.query('begin');
  const large = 'x'.repeat(7_900);
  for (let n = 0; n < 600; n++) await other.query(`notify flood, '${large}${n}'`);
  expect((await ended).code).toBe('54000');
  await hears(heard, `flood ${large}599`);
  expect(heard).toHaveLength(600);
});

test('under a storm of LISTEN, UNLISTEN and NOTIFY nobody misses or hears twice what a direct session would hear once', async () => {
  const seed = chooseSeed();
  const random = seededRandom(seed);
  const notifier = await connect();
  let sent = 0;
  let stopped = false;
  // One sender numbers what it sends, and every number has been committed once its query is answered.
  const sending = (async () => {
    while (!stopped) await notifier.query(`notify storm, '${++sent}'`);
  })();
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      const client = await connect();
      let heard: number[] = [];
      client.on('notification', ({ payload }) => heard.push(Number(payload)));
      for (let round = 0; round < 12; round++) {
        heard = [];
        const before = sent;
        if (random.oneIn(2)) await client.query('listen storm');
        else {
          await client.query('begin');
          await client.query('listen storm');
          await client.query('commit');
        }
        const first = sent + 1;
        const last = first + 1 + random.below(20);
        while (sent <= last + 1) await client.query('select 1');
        await waitUntil(() => heard.includes(last), { what: `number ${last} is heard` });
        await client.query('unlisten storm');
        const until = heard.length;
        expect(heard, `seed=${seed}`).toEqual(heard.map((_, index) => heard[0]! + index));
        expect(heard[0]).toBeGreaterThanOrEqual(before);
        expect(heard[0]).toBeLessThanOrEqual(first);
        await client.query('select 1');
        expect(heard).toHaveLength(until);
      }
    }),
  );
  stopped = true;
  await sending;
});
