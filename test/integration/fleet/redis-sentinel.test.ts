// The fleet over a master that Sentinel watches: when that is gone its copy is found by itself, and grants nothing too soon.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRedisFleet, declareFreshLeases, type Fleet } from '@weir/fleet';
import { exampleLeaseRequest, examplePublishedEndpoint, fixedSealKeys } from '@weir/fleet/testing';
import { temporaryDirectory, waitUntil } from '@weir/harness';
import { findRedisProgram } from '@weir/local-servers';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { PrivateRedis } from './private-redis.ts';

const sealKeys = fixedSealKeys([{ id: 'k1', secret: new Uint8Array(32).fill(1) }]);
const files = temporaryDirectory('sentinel');
const logFile = join(files.path, 'sentinel.log');
/**
 * A sentinel that was kept from the processor for two seconds does nothing for thirty (tilt), and a copy that has missed its
 * master for ten times this long is not taken any more.
 */
const downAfterMs = 4_000;
const failoverMs = 120_000;

let master: PrivateRedis;
let copy: PrivateRedis;
let sentinel: PrivateRedis;
let fleet: Fleet;

beforeAll(async () => {
  const program = await findRedisProgram(process.env.WEIR_TEST_CACHE_DIR!);
  master = await PrivateRedis.start(program);
  copy = await PrivateRedis.start(program, ['--replicaof', '127.0.0.1', String(master.port)]);
  const file = join(files.path, 'sentinel.conf');
  writeFileSync(
    file,
    [
      `sentinel monitor weir 127.0.0.1 ${master.port} 1`,
      `sentinel down-after-milliseconds weir ${downAfterMs}`,
      'sentinel failover-timeout weir 5000',
      `logfile ${logFile}`,
      '',
    ].join('\n'),
  );
  sentinel = await PrivateRedis.startSentinel(program, file);
  const asked = new Redis(sentinel.url);
  await waitUntil(
    async () => ((await asked.call('sentinel', 'replicas', 'weir')) as unknown[]).length === 1,
    {
      what: 'the sentinel knows the copy',
    },
  );
  asked.disconnect();
  const url = `redis+sentinel://127.0.0.1:${sentinel.port}/0?master=weir`;
  await declareFreshLeases(url);
  fleet = createRedisFleet({ url, sealKeys, processId: 'pooler', answerTimeoutMs: 5_000 });
});
afterAll(async () => {
  await fleet?.close();
  for (const one of [sentinel, copy, master]) await one?.kill();
  files.remove();
});

test('when the master is gone its copy takes over, with what it knows, and closes the memory of leases', async () => {
  onTestFailed(() => console.log(readFileSync(logFile, 'utf8')));
  const endpoint = examplePublishedEndpoint();
  const { publisher, directory, leases } = fleet;
  expect(await publisher.publish(endpoint, 1)).toBe('applied');
  const ask = async (seq: number) => {
    const [answer] = await leases.ask([
      { request: exampleLeaseRequest({ seq, wanted: 1 }), opened: [], gone: [] },
    ]);
    return answer;
  };
  expect(await ask(1)).toMatchObject({ share: 1, open: true, closed: null });
  const known = new Redis(copy.url);
  await waitUntil(async () => (await known.dbsize()) > 0, { what: 'the copy has it' });
  known.disconnect();

  const changes: (string | null)[] = [];
  directory.onChange((id) => changes.push(id));
  await waitUntil(() => changes.length === 1, { what: 'it listens' });
  await master.kill();
  await waitUntil(async () => (await directory.lookUp(endpoint.endpointId)).kind === 'found', {
    what: 'the copy is asked',
    timeoutMs: failoverMs,
  });
  await waitUntil(
    () =>
      publisher.publish({ ...endpoint, generation: endpoint.generation + 1 }, 1).then(
        (done) => done === 'applied',
        () => false,
      ),
    { what: 'the copy may be written to' },
  );
  await waitUntil(() => changes.length > 1, { what: 'everything is looked at again' });
  expect(await ask(2)).toMatchObject({ open: false, closed: expect.any(String) });
});
