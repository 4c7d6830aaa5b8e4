// Cancel requests that land on any process of a fleet: the right query stops, soon, and no other ever does.
import { Socket } from 'node:net';
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientsPerTest } from '../open-clients.ts';
import { chooseSeed, seededRandom } from '../seeded-random.ts';
import { cancelKeyOf, requestCancel } from './cancel-request.ts';

// The long form: WEIR_CANCELS=10000.
const cancelCount = Number(process.env.WEIR_CANCELS ?? 600);
const clientsPerPooler = 12;

const unlimited = { env: { WEIR_CANCELS_PER_SECOND: '1000000' } };

let weir: Weir;
const connect = clientsPerTest(() => weir);
beforeAll(async () => {
  weir = await startWeir({
    budget: 12,
    poolers: 3,
    settings: { queryWaitTimeoutMs: 120_000, requireTls: false },
    eachPooler: [unlimited, unlimited, { env: { WEIR_CANCELS_PER_SECOND: '1' } }],
  });
});
afterAll(() => weir?.close());

/** Of the two that take any number of requests. */
function ports(): number[] {
  return weir.poolers.slice(0, 2).map((pooler) => pooler.port);
}

/** `57014`, or `ended`. */
function outcomeOf(query: Promise<unknown>): Promise<string> {
  return query.then(
    () => 'ended',
    (error: { code?: string }) => error.code ?? String(error),
  );
}

function sleepsOf(mark: string): Promise<{ pid: number }[]> {
  return weir.postgres.sql(
    `select pid from pg_stat_activity where wait_event = 'PgSleep' and query like '%${mark}%'`,
  );
}

test.for([
  ['of the pooled host', false],
  ['of the direct host', true],
] as const)('a cancel sent to any process stops the query %s', async ([, direct], { task }) => {
  const tookMs: number[] = [];
  for (const giver of [0, 1]) {
    for (const port of ports()) {
      const victim = await connect({ pooler: giver, direct });
      const mark = `victim ${tookMs.length}`;
      const outcome = outcomeOf(victim.query(`select pg_sleep(600) /* ${mark} */`));
      await waitUntil(async () => (await sleepsOf(mark)).length === 1, { what: 'the query runs' });
      const askedAt = performance.now();
      await requestCancel(port, cancelKeyOf(victim));
      expect(await outcome).toBe('57014');
      tookMs.push(performance.now() - askedAt);
      expect((await victim.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      await victim.end();
    }
  }
  console.log(`${task.name}: ${tookMs.map((ms) => ms.toFixed(1)).join(', ')} ms`);
  // The promise is 100 ms; one of four may meet a busy machine.
  expect(tookMs.sort((a, b) => a - b)[2]).toBeLessThan(100);
});

test('the long key of protocol 3.2 is good at every process, and its first four bytes alone nowhere', async () => {
  const socket = new Protocol32Socket();
  const victim = await connect({ sslmode: 'disable', config: { stream: () => socket } });
  const key = { processId: cancelKeyOf(victim).processId, secretKey: socket.longSecret() };
  expect(key.secretKey.length).toBe(32);
  for (const port of ports()) {
    const outcome = outcomeOf(victim.query('select pg_sleep(600) /* long key */'));
    await waitUntil(async () => (await sleepsOf('long key')).length === 1, { what: 'the query runs' });
    await requestCancel(port, { ...key, secretKey: key.secretKey.subarray(0, 4) });
    expect(await sleepsOf('long key')).toHaveLength(1);
    await requestCancel(port, key);
    expect(await outcome).toBe('57014');
  }
});

/** A socket over which node-postgres, which asks for protocol 3.0, asks for 3.2. */
class Protocol32Socket extends Socket {
  readonly #received: Buffer[] = [];
  #started = false;

  constructor() {
    super();
    this.on('data', (bytes: Buffer) => this.#received.push(bytes));
  }

  override _write(chunk: Uint8Array, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // The minor version is the fourth byte behind the length.
    if (!this.#started) chunk[7] = 2;
    this.#started = true;
    super._write(chunk, encoding, done);
  }

  /** What follows the process id in BackendKeyData with 32 bytes of secret. */
  longSecret(): Uint8Array {
    const all = Buffer.concat(this.#received);
    const at = all.indexOf(Buffer.from([0x4b, 0, 0, 0, 40]));
    return Uint8Array.from(all.subarray(at + 9, at + 41));
  }
}

test('a source that asks too often is not heard for a while, and counted', async () => {
  const strict = weir.poolers[2]!;
  const victim = await connect({ pooler: 0 });
  const outcome = outcomeOf(victim.query('select pg_sleep(600) /* too often */'));
  await waitUntil(async () => (await sleepsOf('too often')).length === 1, { what: 'the query runs' });
  const guess = { ...cancelKeyOf(victim), secretKey: new Uint8Array(4) };
  const tooOften = async () =>
    Number(/weir_cancels_total\{[^}]*outcome="too-often"\} (\d+)/.exec(await strict.metrics())?.[1] ?? 0);
  while ((await tooOften()) === 0) await requestCancel(strict.port, guess);
  await requestCancel(strict.port, cancelKeyOf(victim));
  expect(await sleepsOf('too often')).toHaveLength(1);
  await waitUntil(
    async () => {
      await requestCancel(strict.port, cancelKeyOf(victim));
      return (await sleepsOf('too often')).length === 0;
    },
    { what: 'the source is heard again', intervalMs: 300 },
  );
  expect(await outcome).toBe('57014');
});

interface Client {
  readonly client: pg.Client;
  readonly key: ReturnType<typeof cancelKeyOf>;
  /** Requests for this client that were sent, and of those the ones whose connection is over. */
  sent: number;
  done: number;
}

test(`of ${cancelCount} cancels at random times through random processes none hits a query it was not meant for`, {
  timeout: 1_800_000,
}, async () => {
  const seed = chooseSeed();
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  const clients: Client[] = [];
  for (let index = 0; index < 2 * clientsPerPooler; index++) {
    const client = await connect({ pooler: index % 2 });
    clients.push({ client, key: cancelKeyOf(client), sent: 0, done: 0 });
  }
  let stopped = false;
  let queries = 0;
  let hits = 0;
  const strays: string[] = [];
  const run = async (one: Client, index: number): Promise<void> => {
    while (!stopped) {
      // All that were over before the query began must leave it alone; one more sent meanwhile may hit it.
      const overBefore = one.done;
      const number = queries++;
      const text = `select ${number} as number, pg_sleep(${random.below(8) / 1000})`;
      try {
        const { rows } = await one.client.query(text);
        if (rows[0].number !== number) strays.push(`client ${index} got the reply of another query`);
      } catch (error) {
        const { code } = error as { code?: string };
        hits++;
        if (code !== '57014') strays.push(`client ${index}: ${String(error)}`);
        else if (one.sent === overBefore) strays.push(`client ${index}: ${text} was cancelled by nobody`);
      }
    }
  };
  const running = clients.map(run);
  let left = cancelCount;
  const cancels = Array.from({ length: 16 }, async () => {
    while (left-- > 0) {
      const port = random.pick(ports());
      const one = random.pick(clients);
      if (random.oneIn(4)) {
        // A guess: the right client, a wrong secret.
        await requestCancel(port, { ...one.key, secretKey: random.bytes(4) });
        continue;
      }
      one.sent++;
      await requestCancel(port, one.key);
      one.done++;
    }
  });
  await Promise.all(cancels);
  stopped = true;
  await Promise.all(running);
  console.log(`${queries} queries, ${cancelCount} cancels, ${hits} queries stopped`);
  expect(strays).toEqual([]);
  expect(hits).toBeGreaterThan(cancelCount / 20);
});
