// Measures what requests for leases cost a real Redis: the real script, sent as the pooler sends it, on this machine.
import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { createRedisFleet, declareFreshLeases, type LeaseAsk } from '@weir/fleet';
import { findOrStartRedis, type LocalRedis } from '@weir/local-servers';
import type { RedisCost } from './model-redis.ts';

/** Upstreams so many, so that no key is always at hand. */
const upstreams = 256;
const batchesAtOnce = 8;
const forMs = 1_500;
const batchSizes = [1, 4, 16] as const;
const holderCounts = [1, 8, 32] as const;
/** The batch size by which the simulation reckons. */
const usualBatch = 4;
const subscribers = 32;
const publishes = 5_000;
const note = JSON.stringify({ upstream: '123456', holder: 'cell-1-node-2-process-3-0a1b2c3d', limit: 4 });

/** One row of what was measured. */
export interface Measured {
  readonly holders: number;
  readonly batch: number;
  readonly requestsPerSecond: number;
  readonly cpuUs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface RedisMeasurement {
  readonly description: string;
  readonly rows: readonly Measured[];
  readonly cost: RedisCost;
}

/** Rejects if there is no Redis to be had. */
export async function measureRedis(directory: string): Promise<RedisMeasurement> {
  const redis = await findOrStartRedis({ cacheDir: directory, origins: ['program', 'fetched'] });
  if (redis === null || redis.pid === null) throw new Error('no redis-server on PATH to measure');
  await using _ = redis;
  await declareFreshLeases(redis.url);
  using probe = await RedisProbe.connect(redis, redis.pid);
  const rows: Measured[] = [];
  for (const holders of holderCounts)
    for (const batch of batchSizes) rows.push(await measure(redis, probe, holders, batch));
  const alone = await publish(probe);
  const heard = await Promise.all(Array.from({ length: subscribers }, () => RedisProbe.connect(redis, 0)));
  for (const one of heard) await one.send('SUBSCRIBE weir:lease-notes', /lease-notes\r\n:1\r\n$/);
  const shared = await publish(probe);
  for (const one of heard) one[Symbol.dispose]();
  const [one, many] = [holderCounts[0], holderCounts.at(-1)!].map(
    (holders) => rows.find((row) => row.holders === holders && row.batch === usualBatch)!,
  ) as [Measured, Measured];
  const perHolder = (of: (row: Measured) => number): number =>
    Math.max(0, (of(many) - of(one)) / (many.holders - one.holders));
  const holderUs = perHolder(({ cpuUs }) => cpuUs);
  const holderBytes = perHolder(({ bytesOut }) => bytesOut);
  return {
    description: (await probe.info('server', 'redis_version')) ?? 'unknown',
    rows,
    cost: {
      requestUs: one.cpuUs - holderUs,
      holderUs,
      noteUs: alone.cpuUs,
      subscriberUs: Math.max(0, (shared.cpuUs - alone.cpuUs) / subscribers),
      requestBytes: one.bytesIn,
      answerBytes: one.bytesOut - holderBytes,
      holderBytes,
      noteBytes: (shared.bytesOut - alone.bytesOut) / subscribers,
    },
  };
}

async function measure(
  { url }: LocalRedis,
  probe: RedisProbe,
  holders: number,
  batch: number,
): Promise<Measured> {
  // Leases are not sealed.
  const sealKeys = { keys: [], readAgain() {} };
  const fleet = createRedisFleet({ url, sealKeys, processId: `measure-${holders}-${batch}` });
  try {
    let seq = 0;
    let next = 0;
    const asks = (): LeaseAsk[] =>
      Array.from({ length: batch }, () => {
        const at = next++ % (upstreams * holders);
        return {
          request: renewal(`${holders}-${batch}-${at % upstreams}`, Math.floor(at / upstreams), ++seq),
          opened: [],
          gone: [],
        };
      });
    const askUntil = async (atMs: number): Promise<number> => {
      let count = 0;
      while (performance.now() < atMs) count += (await fleet.leases.ask(asks())).length;
      return count;
    };
    // All holders are there before anything is counted.
    for (let i = 0; i < upstreams * holders; i += batch) await fleet.leases.ask(asks());
    const before = await probe.look();
    const startMs = performance.now();
    const counts = await Promise.all(Array.from({ length: batchesAtOnce }, () => askUntil(startMs + forMs)));
    const seconds = (performance.now() - startMs) / 1000;
    const after = await probe.look();
    const requests = counts.reduce((sum, count) => sum + count, 0);
    return {
      holders,
      batch,
      requestsPerSecond: requests / seconds,
      cpuUs: (after.cpuUs - before.cpuUs) / requests,
      bytesIn: (after.bytesIn - before.bytesIn) / requests,
      bytesOut: (after.bytesOut - before.bytesOut) / requests,
    };
  } finally {
    await fleet.close();
  }
}

/** As a process says it once a second that keeps one idle server connection. */
function renewal(upstream: string, holder: number, seq: number): LeaseAsk['request'] {
  return {
    upstream,
    holder: `cell-1-node-2-process-${String(holder).padStart(2, '0')}-0a1b2c3d`,
    seq,
    budget: 105,
    keep: 1,
    used: 1,
    idle: 1,
    held: 0,
    wanted: 0,
    waitMs: 0,
    spare: 1,
    nonce: `cell-1-node-2-process-3-0a1b2c3d/${seq}`,
    reopen: null,
    silent: null,
    checked: null,
  };
}

/** CPU and bytes of one published note. */
async function publish(probe: RedisProbe): Promise<{ cpuUs: number; bytesOut: number }> {
  const before = await probe.look();
  const command = `*3\r\n$7\r\nPUBLISH\r\n$16\r\nweir:lease-notes\r\n$${note.length}\r\n${note}\r\n`;
  // One by one: those that come together would share their way to the subscribers.
  for (let i = 0; i < publishes; i++) await probe.sendRaw(command, /^:\d+\r\n$/);
  const after = await probe.look();
  return {
    cpuUs: (after.cpuUs - before.cpuUs) / publishes,
    bytesOut: (after.bytesOut - before.bytesOut) / publishes,
  };
}

/** A connection on which Redis is asked what it has done, and whose replies are looked at as text. */
class RedisProbe {
  private readonly socket: Socket;
  private readonly pid: number;
  private text = '';
  private wanted: { readonly pattern: RegExp; readonly resolve: (text: string) => void } | null = null;

  private constructor(socket: Socket, pid: number) {
    this.socket = socket;
    this.pid = pid;
    socket.setEncoding('latin1').on('data', (text: string) => {
      // Of notes nobody wants to know more than that they came.
      if (this.wanted === null) return;
      this.text += text;
      if (!this.wanted.pattern.test(this.text)) return;
      const { resolve } = this.wanted;
      this.wanted = null;
      resolve(this.text);
    });
  }

  static async connect({ url }: LocalRedis, pid: number): Promise<RedisProbe> {
    const { port, hostname, password } = new URL(url);
    const socket = createConnection(Number(port), hostname);
    const probe = new RedisProbe(socket, pid);
    await probe.send(`AUTH ${password}`, /\+OK\r\n$/);
    return probe;
  }

  send(command: string, pattern: RegExp): Promise<string> {
    return this.sendRaw(`${command}\r\n`, pattern);
  }

  sendRaw(bytes: string, pattern: RegExp): Promise<string> {
    this.text = '';
    return new Promise((resolve, reject) => {
      this.wanted = { pattern, resolve };
      this.socket.once('error', reject);
      this.socket.write(bytes, () => this.socket.off('error', reject));
    });
  }

  async info(section: string, field: string): Promise<string | null> {
    const text = await this.send(`INFO ${section}`, /\r\n\r\n$/);
    return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(text)?.[1] ?? null;
  }

  async look(): Promise<{ cpuUs: number; bytesIn: number; bytesOut: number }> {
    const bytesIn = Number(await this.info('stats', 'total_net_input_bytes'));
    const bytesOut = Number(await this.info('stats', 'total_net_output_bytes'));
    // Of its main thread, which runs all commands; in ns.
    const cpuUs = Number(readFileSync(`/proc/${this.pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;
    return { cpuUs, bytesIn, bytesOut };
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
