// Times requests to the API one after the other, each to its last byte, and a change until a pooler acts on it.
import { setTimeout as delay } from 'node:timers/promises';
import type { CreateTenantReply, EndpointReply, TenantPageReply } from '@weir/api-contract';
import type { Pooler } from '@weir/harness';
import pg from 'pg';
import type { ControlPlane } from '../control-plane.ts';
import { areaOf, type Made, nameOf, pageLimit, walkPages } from './tenants.ts';

/** Milliseconds of each request of one kind. */
export interface Timed {
  readonly what: string;
  readonly ms: readonly number[];
  /** Whether the acceptance has a limit for its median. */
  readonly isJudged: boolean;
}

const changeSeenWithinMs = 30_000;
const lookEachMs = 5;

/** Asks each kind of question `count` times, about tenants at random. */
export async function timeRequests(
  plane: ControlPlane,
  made: readonly Made[],
  count: number,
  pooler: Pooler,
  say: (line: string) => void,
): Promise<Timed[]> {
  const { api } = plane;
  const any = () => made[Math.floor(Math.random() * made.length)]!;
  const cursors = await walkPages(plane);
  const deep = cursors.slice(Math.floor(cursors.length * 0.75));
  const list = (query: string) =>
    api.call<TenantPageReply>('GET', `/v1/tenants?limit=${pageLimit}${query}`).then(expectRows);
  const timed: Timed[] = [];
  const time = async (what: string, isJudged: boolean, ask: (index: number) => Promise<unknown>) => {
    say(what);
    // The first of a kind compiles code and opens connections.
    for (let i = 0; i < 10; i++) await ask(-1 - i);
    const ms: number[] = [];
    for (let i = 0; i < count; i++) {
      const startedAt = performance.now();
      await ask(i);
      ms.push(performance.now() - startedAt);
    }
    timed.push({ what, ms, isJudged });
  };
  await time('list, first page', true, () => list(''));
  await time('list, a page of the last quarter', true, () => {
    const cursor = deep[Math.floor(Math.random() * deep.length)] ?? '';
    return list(cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`);
  });
  await time('search, a name that one tenant has', true, () => list(`&name=${any().name}`));
  await time('search, what a tenth of all names begin with', true, (i) =>
    list(`&name=${areaOf(Math.abs(i))}`),
  );
  await time('get a tenant with its endpoint', false, () => api.call('GET', `/v1/tenants/${any().tenantId}`));
  timed.push(...(await timeCreates(plane, made.length, count, say)));
  timed.push(...(await timeChanges(plane, any(), count, pooler, say)));
  return timed;
}

function expectRows(page: TenantPageReply): void {
  if (page.items.length === 0) throw new Error('a page that should hold tenants is empty');
}

async function timeCreates(
  { api, tenantBody }: ControlPlane,
  from: number,
  count: number,
  say: (line: string) => void,
): Promise<Timed[]> {
  say('create a tenant');
  const all: number[] = [];
  const probes: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    const reply = await api.fetch('POST', '/v1/tenants', tenantBody(nameOf(from + i)));
    const body = (await reply.json()) as CreateTenantReply;
    all.push(performance.now() - startedAt);
    if (reply.status !== 201) throw new Error(`create: ${reply.status} ${JSON.stringify(body)}`);
    probes.push(Number(/^probe;.*\bdur=([\d.]+)$/.exec(reply.headers.get('server-timing') ?? '')?.[1]));
  }
  const own = all.map((ms, index) => ms - probes[index]!);
  return [
    { what: 'create a tenant, without the probe', ms: own, isJudged: true },
    { what: 'the probe of its database', ms: probes, isJudged: false },
    { what: 'create a tenant, all of it', ms: all, isJudged: false },
  ];
}

async function timeChanges(
  { api, login }: ControlPlane,
  { endpointId }: Made,
  count: number,
  pooler: Pooler,
  say: (line: string) => void,
): Promise<Timed[]> {
  say('change a setting');
  const client = new pg.Client(clientOf(pooler, endpointId, login));
  await client.connect();
  const replies: number[] = [];
  const reached: number[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const startedAt = performance.now();
      const settings = { poolSize: 1 + (i % 20) };
      const { generation } = await api.call<EndpointReply>('PATCH', `/v1/endpoints/${endpointId}`, {
        settings,
      });
      replies.push(performance.now() - startedAt);
      while ((await servedGeneration(pooler, endpointId)) < generation) {
        if (performance.now() - startedAt > changeSeenWithinMs)
          throw new Error(`generation ${generation} of ${endpointId} did not reach the pooler`);
        await delay(lookEachMs);
      }
      reached.push(performance.now() - startedAt);
    }
  } finally {
    await client.end();
  }
  return [
    { what: 'change a setting, until the reply', ms: replies, isJudged: false },
    { what: 'change a setting, until the pooler acts on it', ms: reached, isJudged: false },
  ];
}

async function servedGeneration(pooler: Pooler, endpointId: string): Promise<number> {
  const line = new RegExp(`^weir_endpoint_generation\\{endpoint="${endpointId}"\\} (\\d+)$`, 'm');
  return Number(line.exec(await pooler.metrics())?.[1] ?? 0);
}

/** How node-postgres finds an endpoint on the pooled host. */
export function clientOf(pooler: Pooler, endpointId: string, login: ControlPlane['login']): pg.ClientConfig {
  return {
    host: '127.0.0.1',
    port: pooler.port,
    ...login,
    ssl: { servername: `${endpointId}-pooler.db.localhost`, rejectUnauthorized: false },
  };
}
