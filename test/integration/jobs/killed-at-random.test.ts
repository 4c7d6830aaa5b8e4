// Parts of the control plane are killed at random while tenants are made and changed: what was acknowledged is there, published,
// told and acted on afterwards, and the pooler's clients notice nothing.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CreateTenantReply, CreateWebhookReply, GetTenantReply } from '@weir/api-contract';
import { type Pooler, startPooler, waitUntil } from '@weir/harness';
import { freePort } from '@weir/local-servers';
import { hostOf } from '@weir/tenancy';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseSeed, type SeededRandom, seededRandom } from '../seeded-random.ts';
import { type Receiver, startReceiver } from '../webhooks/receiver.ts';
import {
  type ControlPlane,
  createTenant,
  publishedState,
  startControlPlane,
  tenantBody,
} from './control-plane.ts';

// WEIR_CHAOS_SECONDS=300 is the long form.
const seconds = Number(process.env.WEIR_CHAOS_SECONDS ?? 20);
const changersCount = 3;
const clientsCount = 4;

let plane: ControlPlane;
let pooler: Pooler;
let receiver: Receiver;
beforeAll(async () => {
  const port = await freePort();
  plane = await startControlPlane({ poolerPort: port });
  pooler = await startPooler({ redisUrl: plane.redis.url, sealKeyFile: plane.sealKeyFile, port });
  receiver = await startReceiver();
});
afterAll(async () => {
  await pooler?.close();
  await plane?.close();
  await receiver?.close();
});

/** What was acknowledged of one tenant last, and every change of it that was. */
interface Acknowledged {
  readonly endpointId: string;
  name: string;
  status: 'active' | 'suspended' | 'deleted';
  /** As receivers are told: the event, and for a change of name the new one. */
  readonly told: { readonly type: string; readonly name?: string }[];
}

test(`for ${seconds} s of killing, nothing that was acknowledged is lost, and clients notice nothing`, {
  timeout: (seconds + 240) * 1_000,
}, async () => {
  const seed = chooseSeed();
  console.log(`WEIR_SEED=${seed} WEIR_CHAOS_SECONDS=${seconds}`);
  const random = seededRandom(seed);
  const events = [
    'tenant.created',
    'tenant.changed',
    'tenant.suspended',
    'tenant.activated',
    'tenant.deleted',
  ];
  await plane.api.call<CreateWebhookReply>('POST', '/v1/webhooks', { url: receiver.url, events });
  const steady = await createTenant(plane, 'Steady');
  const clients = await Promise.all(
    Array.from({ length: clientsCount }, () => steadyClient(steady.endpoint.id)),
  );
  const tenants = new Map<string, Acknowledged>();
  const until = Date.now() + seconds * 1_000;
  const changers = Array.from({ length: changersCount }, (_, index) =>
    changeTenants(seededRandom(seed + index + 1), `changer ${index}`, tenants, until),
  );
  const kills = await killAtRandom(random, until);
  await Promise.all(changers);
  const served = await Promise.all(clients.map((client) => client.stop()));
  console.log(`${JSON.stringify(kills)}, ${tenants.size} tenants, ${served.join('+')} transactions`);

  for (const part of Object.keys(plane.parts)) expect(kills[part]).toBeGreaterThan(0);
  expect(tenants.size).toBeGreaterThan(seconds / 4);
  for (const count of served) expect(count).toBeGreaterThan(seconds);
  for (const [id, tenant] of tenants) await isAsAcknowledged(id, tenant);
  await waitUntil(() => [...tenants].every(([id, tenant]) => isTold(id, tenant)), {
    what: 'every acknowledged change is told',
    timeoutMs: 120_000,
  });
  await poolerActsOn([...tenants.values()]);
});

/** Kills one part after the other and brings it back. Resolves to how often each was killed. */
async function killAtRandom(random: SeededRandom, until: number): Promise<Record<string, number>> {
  const kills: Record<string, number> = {};
  // Each of them at least once, also in the short form.
  let next = Object.keys(plane.parts) as (keyof ControlPlane['parts'])[];
  while (Date.now() < until || next.length > 0) {
    if (next.length === 0) next = Object.keys(plane.parts) as typeof next;
    const part = random.pick(next);
    next = next.filter((other) => other !== part);
    await passed(100 + random.below(1_500));
    await plane.parts[part].kill();
    kills[part] = (kills[part] ?? 0) + 1;
    await passed(random.below(1_500));
    await plane.parts[part].start();
  }
  return kills;
}

/** Makes and changes tenants until the time is up, each change again until it is acknowledged. */
async function changeTenants(
  random: SeededRandom,
  name: string,
  tenants: Map<string, Acknowledged>,
  until: number,
): Promise<void> {
  // Each changer has tenants of its own, so that it knows what it said last.
  const own: string[] = [];
  for (let turn = 0; Date.now() < until; turn++) {
    const id = own.length > 0 && !random.oneIn(4) ? random.pick(own) : null;
    const tenant = id === null ? null : tenants.get(id)!;
    if (id === null || tenant === null || tenant.status === 'deleted') {
      const made = await acknowledged<CreateTenantReply>(
        'POST',
        '/v1/tenants',
        tenantBody(plane, `${name} ${turn}`),
      );
      own.push(made.tenant.id);
      tenants.set(made.tenant.id, {
        endpointId: made.endpoint.id,
        name: `${name} ${turn}`,
        status: 'active',
        told: [{ type: 'tenant.created' }],
      });
    } else if (random.oneIn(6)) {
      await acknowledged('DELETE', `/v1/tenants/${id}`);
      tenant.status = 'deleted';
      tenant.told.push({ type: 'tenant.deleted' });
    } else if (random.oneIn(3)) {
      tenant.status = tenant.status === 'active' ? 'suspended' : 'active';
      await acknowledged('PATCH', `/v1/tenants/${id}`, { status: tenant.status });
      tenant.told.push({ type: tenant.status === 'active' ? 'tenant.activated' : 'tenant.suspended' });
    } else {
      tenant.name = `${name} ${turn}`;
      await acknowledged('PATCH', `/v1/tenants/${id}`, { name: tenant.name });
      tenant.told.push({ type: 'tenant.changed', name: tenant.name });
    }
    await passed(random.below(100));
  }
}

/** The same request until it is answered by what it asked for; a creation under one Idempotency-Key. */
function acknowledged<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers = { 'idempotency-key': randomUUID() };
  return waitUntil(
    async () => {
      const reply = await plane.api.fetch(method, path, body, headers);
      const text = await reply.text();
      if (reply.ok) return (text === '' ? true : JSON.parse(text)) as NonNullable<T>;
      // A deletion that was done before its reply was lost.
      if (method === 'DELETE' && reply.status === 404) return true as NonNullable<T>;
      if (reply.status < 500) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
      return null;
    },
    { what: `${method} ${path} is acknowledged`, intervalMs: 50, timeoutMs: 60_000 },
  ) as Promise<T>;
}

async function isAsAcknowledged(id: string, { endpointId, name, status }: Acknowledged): Promise<void> {
  if (status === 'deleted') {
    expect((await plane.api.fetch('GET', `/v1/tenants/${id}`)).status).toBe(404);
    await waitUntil(async () => (await publishedState(plane, endpointId)) === 'deleted', {
      what: `the end of ${endpointId} is published`,
    });
    return;
  }
  const read = await plane.api.call<GetTenantReply>('GET', `/v1/tenants/${id}`);
  expect(read).toMatchObject({ name, status });
  const { generation } = read.endpoints.find((endpoint) => endpoint.id === endpointId)!;
  await waitUntil(async () => (await publishedState(plane, endpointId)) === generation, {
    what: `${endpointId} is published at ${generation}`,
  });
}

function isTold(id: string, { told }: Acknowledged): boolean {
  const received = receiver.received.filter(({ body }) => body.targetId === id);
  return told.every(({ type, name }) =>
    received.some(
      ({ body }) =>
        body.type === type &&
        (name === undefined ||
          (body.changes as { field: string; after: unknown }[]).some(
            (change) => change.field === 'name' && change.after === name,
          )),
    ),
  );
}

/** A tenant that is active is served, by a new server connection too after Redis forgot, and the others are refused. */
async function poolerActsOn(tenants: readonly Acknowledged[]): Promise<void> {
  for (const status of ['active', 'suspended', 'deleted'] as const) {
    const tenant = tenants.find((one) => one.status === status);
    if (tenant === undefined) continue;
    await waitUntil(async () => (await asksForPassword(tenant.endpointId)) === (status === 'active'), {
      what: `the pooler knows that ${tenant.endpointId} is ${status}`,
    });
    if (status === 'active') await isServed(tenant.endpointId);
  }
}

async function isServed(endpointId: string): Promise<void> {
  const client = new pg.Client(connectionOf(endpointId));
  await client.connect();
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await client.end();
}

async function asksForPassword(endpointId: string): Promise<boolean> {
  const client = new pg.Client({ ...connectionOf(endpointId), password: 'wrong' });
  client.on('error', () => {});
  const error = await client.connect().then(
    () => null,
    (thrown: { code?: string }) => thrown,
  );
  await client.end().catch(() => {});
  return error?.code === '28P01';
}

function connectionOf(endpointId: string): pg.ClientConfig {
  const servername = hostOf(endpointId, true, 'db.localhost');
  return {
    ...{ host: '127.0.0.1', port: pooler.port, user: 'app', password: 'app-pw', database: 'shop' },
    ssl: { ca: readFileSync(pooler.caFile, 'utf8'), servername },
  };
}

/** A client in the middle of its work; any error that it sees fails the test when it is stopped. */
async function steadyClient(endpointId: string): Promise<{ stop(): Promise<number> }> {
  const client = new pg.Client(connectionOf(endpointId));
  const errors: Error[] = [];
  client.on('error', (error) => errors.push(error));
  await waitUntil(async () => (await publishedState(plane, endpointId)) !== null, {
    what: 'it is published',
  });
  await client.connect();
  let stopped = false;
  let count = 0;
  const work = (async () => {
    while (!stopped) {
      await client.query('begin');
      const { rows } = await client.query('select $1::int as one', [count]);
      expect(rows).toEqual([{ one: count }]);
      await client.query('commit');
      count++;
      await passed(5);
    }
  })().catch((error: Error) => errors.push(error));
  return {
    async stop() {
      stopped = true;
      await work;
      expect(errors).toEqual([]);
      await client.end();
      return count;
    },
  };
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
