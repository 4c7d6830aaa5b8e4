// Replication needs a server connection of its own: the direct host gives one, the pooled host refuses and names it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { hasSystemPostgres, runPsql, startWeir, type Weir, waitUntil } from '@weir/harness';
import { findPostgresBinaries } from '@weir/local-servers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// Its programs are needed: psql and pg_recvlogical.
describe.skipIf(!hasSystemPostgres())('replication (left out where the system has no Postgres)', () => {
  let weir: Weir;
  beforeAll(async () => {
    weir = await startWeir({
      postgres: { version: 'debian', settings: { wal_level: 'logical' } },
      role: 'app',
    });
    await weir.createRole('streamer', 'streamer-pw', 'REPLICATION');
    await weir.postgres.sql('GRANT CONNECT ON DATABASE app TO streamer');
  });
  afterAll(() => weir?.close());

  const asStreamer = { role: 'streamer', params: { replication: 'database' } };

  test('a direct connection answers what only replication connections are asked', async () => {
    const { code, stdout, stderr } = await runPsql(weir.directUrl(asStreamer), 'IDENTIFY_SYSTEM');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\d+\|1\|[0-9A-F]+\/[0-9A-F]+\|app$/);
  });

  test('changes stream through the direct host as they are committed', async () => {
    const client = await weir.client();
    await client.query('create table visits (page text)');
    const program = join(findPostgresBinaries('system')!.binDir, 'pg_recvlogical');
    const url = weir.directUrl({ role: 'streamer' });
    const options = ['-d', url, '--slot', 'changes', '--plugin', 'test_decoding'];
    const stream = spawn(
      program,
      [...options, '--create-slot', '--start', '--file', '-', '--fsync-interval', '0'],
      { env: { PATH: process.env.PATH, HOME: '/nonexistent', PGHOSTADDR: '127.0.0.1' } },
    );
    let streamed = '';
    stream.stdout.setEncoding('utf8').on('data', (text) => (streamed += text));
    stream.stderr.setEncoding('utf8').on('data', (text) => (streamed += `stderr: ${text}`));
    const ended = new Promise((resolve) => stream.once('close', resolve));
    const isActive = async () => {
      const [slot] = await weir.postgres.sql('select active from pg_replication_slots where slot_name = $1', [
        'changes',
      ]);
      return slot?.active;
    };
    try {
      await waitUntil(async () => (await isActive()) === true, { what: 'the stream has begun' });
      for (const page of ['first', 'second', 'third'])
        await client.query('insert into visits values ($1)', [page]);
      await waitUntil(() => streamed.includes("'third'"), { what: 'the changes have come' });
      expect(streamed.match(/page\[text\]:'(\w+)'/g)).toEqual([
        "page[text]:'first'",
        "page[text]:'second'",
        "page[text]:'third'",
      ]);
    } finally {
      stream.kill('SIGINT');
      await ended;
      await client.end();
    }
    await waitUntil(async () => (await isActive()) === false, { what: 'the server has seen the end' });
    await weir.postgres.sql("select pg_drop_replication_slot('changes')");
  });

  test('the pooled host refuses a replication connection and names the direct host', async () => {
    const { code, stderr } = await runPsql(weir.pooledUrl(asStreamer), 'IDENTIFY_SYSTEM');
    expect(code).not.toBe(0);
    expect(stderr).toContain('replication connections cannot be pooled');
    expect(stderr).toContain(weir.hosts.direct);
  });
});
