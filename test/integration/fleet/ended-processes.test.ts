// Pooler processes that die under their supervisor, which says so: their part of the budget goes to others as soon as the database shows that it is free.
import { startWeir, type Weir } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BackendSampler, sampleBackends } from './backend-sampler.ts';

const budget = 4;
let weir: Weir;
let sampler: BackendSampler;

beforeAll(async () => {
  weir = await startWeir({
    budget,
    poolers: 2,
    eachPooler: [{ runtime: 'node', env: { WEIR_PROCESSES: '2' } }, {}],
    postgres: { maxConnections: 60 },
  });
  sampler = await sampleBackends(weir.postgres.url, weir.database);
}, 180_000);
afterAll(async () => {
  await sampler?.stop();
  await weir?.close();
});

interface Member {
  readonly place: string;
  readonly pid: number;
}

/** The processes under the supervisor, with how many server connections each has in use. */
async function members(): Promise<(Member & { readonly used: number })[]> {
  const pooler = weir.poolers[0]!;
  const reply = await fetch(`${pooler.adminUrl}/readyz`);
  const { detail } = (await reply.json()) as { detail: { processes: Member[] } };
  const metrics = await pooler.metrics();
  return detail.processes.map(({ place, pid }) => {
    const sample = new RegExp(`weir_servers\\{process="${place}"[^}]*state="active"[^}]*\\} (\\d+)`);
    return { place, pid, used: Number(sample.exec(metrics)?.[1] ?? 0) };
  });
}

/** All of the budget is in transactions under the supervisor when one of its processes gets `signal`; how long somebody elsewhere waits then. */
async function servedElsewhereAfter(signal: NodeJS.Signals): Promise<number> {
  const clients = await Promise.all(Array.from({ length: budget }, () => weir.client({ pooler: 0 })));
  for (const client of clients) {
    client.on('error', () => {});
    await client.query('begin');
  }
  const victim = (await members()).find(({ used }) => used > 0)!;
  sampler.reset();
  const connecting = weir.client({ pooler: 1 });
  process.kill(victim.pid, signal);
  const sinceMs = performance.now();
  // It gets its greeting with its server connection.
  const waiting = await connecting;
  await waiting.query('select 1');
  const tookMs = performance.now() - sinceMs;
  console.log(`served ${Math.round(tookMs)} ms after ${signal}`);
  expect(sampler.seen().most).toBeLessThanOrEqual(budget);
  await Promise.all([waiting, ...clients].map((client) => client.end().catch(() => {})));
  return tookMs;
}

test('what a process had that died goes to others within two seconds', async () => {
  expect(await servedElsewhereAfter('SIGKILL')).toBeLessThan(2_000);
});

test('a process that stands still keeps what it had until its supervisor has ended it', async () => {
  expect(await servedElsewhereAfter('SIGSTOP')).toBeGreaterThan(2_500);
});
