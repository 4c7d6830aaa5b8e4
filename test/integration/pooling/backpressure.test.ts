// Whoever is slow slows down the other side, and the pooler remembers neither rows nor COPY data for them.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { residentBytes, startWeir, type Weir, waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgresJs } from './postgres-js.ts';

// Far more than all socket buffers on the way, and than the pooler may keep.
const rowBytes = 100_000;
const rowCount = 1_500;
const keptBytesMax = 48 * 1024 * 1024;

let weir: Weir;
beforeAll(async () => {
  weir = await startWeir({ budget: 4 });
});
afterAll(() => weir?.close());

/** Resolves once some backend of ours waits for this. */
function backendWaitsFor(event: string): Promise<unknown> {
  return waitUntil(
    async () => {
      const rows = await weir.postgres.sql('select 1 from pg_stat_activity where wait_event = $1', [event]);
      return rows.length > 0;
    },
    { what: `a backend waits for ${event}`, timeoutMs: 120_000 },
  );
}

test.each(['pooled', 'direct'] as const)('a client on the %s host that stops reading', async (host) => {
  const client = await weir.client({ direct: host === 'direct' });
  const { stream } = (client as unknown as { connection: { stream: { pause(): void; resume(): void } } })
    .connection;
  const before = residentBytes(weir.pooler.pid);
  const querying = client.query(
    `select i, repeat('x', ${rowBytes}) as x from generate_series(1, ${rowCount}) i`,
  );
  stream.pause();
  await backendWaitsFor('ClientWrite');
  expect(residentBytes(weir.pooler.pid) - before).toBeLessThan(keptBytesMax);
  stream.resume();
  const { rows } = await querying;
  expect(rows.length).toBe(rowCount);
  expect(rows.every((row, index) => row.i === index + 1 && row.x.length === rowBytes)).toBe(true);
  await client.end();
});

test.each(['pooled', 'direct'] as const)(
  'a server that stops reading COPY data, on the %s host',
  async (host) => {
    const table = `slow_${host}`;
    const owner = await weir.client({ direct: true });
    await owner.query(`create table ${table} (i int, x text)`);
    await owner.query(`create function wait_${table}() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock(4711); return null; end $$`);
    await owner.query(
      `create trigger wait before insert on ${table} for each row when (new.i = 1) execute function wait_${table}()`,
    );
    await owner.query('select pg_advisory_lock(4711)');
    const sql = postgresJs(weir, host === 'pooled' ? weir.hosts.pooled : weir.hosts.direct);
    const before = residentBytes(weir.pooler.pid);
    const writable = await sql`copy ${sql(table)} from stdin`.writable();
    const line = 'x'.repeat(rowBytes);
    const copying = pipeline(
      Readable.from(
        (function* () {
          for (let i = 1; i <= rowCount; i++) yield Buffer.from(`${i}\t${line}\n`);
        })(),
      ),
      writable,
    );
    await backendWaitsFor('advisory');
    expect(residentBytes(weir.pooler.pid) - before).toBeLessThan(keptBytesMax);
    await owner.query('select pg_advisory_unlock(4711)');
    await copying;
    await sql.end();
    const [row] = (await owner.query(`select count(*)::int as n from ${table}`)).rows;
    // The first row was taken out by the trigger that made the server wait.
    expect(row.n).toBe(rowCount - 1);
    await owner.end();
  },
);
