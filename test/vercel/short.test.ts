// Functions with the pasted snippets in the shape in which Vercel runs them, and the short form of the burst of cold connects.
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  fetchPackages,
  prisma7Packages,
  startWeir,
  temporaryDirectory,
  testCacheDirectory,
  type Weir,
  waitUntil,
} from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleFunction, copyProject } from './src/bundle-function.ts';
import { coldConnects } from './src/cold-connects.ts';
import { type Host, startHost } from './src/platform.ts';

const folder = import.meta.dirname;
const scratch = temporaryDirectory('vercel');
const project = join(scratch.path, 'project');
const budget = 3;
let weir: Weir;
beforeAll(async () => {
  copyProject(join(folder, 'project'), project);
  weir = await startWeir({ budget });
});
afterAll(async () => {
  await Promise.all(started.map((host) => host.close()));
  await weir?.close();
  scratch.remove();
});

let hosts = 0;
// Ended with the tests, also where one of them fails with its host frozen.
const started: Host[] = [];
async function hostOf(name: string, modules = join(folder, 'node_modules')): Promise<Host> {
  // A folder each: hosts of one function run beside each other.
  const target = join(scratch.path, `${name}-${(hosts += 1)}`);
  const bundle = await bundleFunction({ project, name, target, modules });
  const host = await startHost({ folder, bundle, ...reach() });
  started.push(host);
  return host;
}

const reach = () => ({
  databaseUrl: weir.pooledUrl({ by: 'host', sslmode: 'require' }),
  caFile: weir.caFile,
});

const good = { status: 200, body: { role: 'app', answer: 42 } };

/** Client connections that the pooler has now, of all endpoints. Read from the pooler itself: the API is told later. */
async function clientsNow(): Promise<number> {
  const states = [...(await weir.pooler.metrics()).matchAll(/^weir_clients\{[^}]*\} (\d+)$/gm)];
  // A gauge that is not there must not read as nobody.
  expect(states.length).toBeGreaterThan(0);
  return states.reduce((sum, [, count]) => sum + Number(count), 0);
}

async function expectServesFrozenBetweenCalls(host: Host): Promise<void> {
  try {
    for (let round = 0; round < 3; round += 1) {
      expect(await host.call(0)).toMatchObject(good);
      host.freeze();
      // Others go on meanwhile.
      const client = await weir.client();
      await client.query('select 1');
      await client.end();
      host.thaw();
    }
  } finally {
    await host.close();
  }
}

test.each(['pg', 'postgres-js', 'drizzle'])(
  'the function on %s serves, frozen between its calls',
  async (name) => {
    await expectServesFrozenBetweenCalls(await hostOf(name));
  },
);

const prisma =
  process.env.WEIR_TEST_DRIVERS === 'all'
    ? fetchPackages(testCacheDirectory('drivers'), prisma7Packages.name, prisma7Packages.packages)
    : { missing: 'Prisma is fetched; WEIR_TEST_DRIVERS=all runs it' };
// The reason is in the title.
test.skipIf('missing' in prisma)(
  `the function on Prisma 7 serves, frozen between its calls${'missing' in prisma ? ` (skipped: ${prisma.missing})` : ''}`,
  async () => {
    const modules = join((prisma as { folder: string }).folder, 'node_modules');
    symlinkSync(modules, join(project, 'node_modules'));
    execFileSync(process.execPath, [join(modules, 'prisma', 'build', 'index.js'), 'generate'], {
      cwd: project,
      stdio: 'pipe',
      // Generating needs no engine, but Prisma fetches one from its own site unless it is told of one.
      env: { ...process.env, DIRECT_URL: reach().databaseUrl, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' },
    });
    await expectServesFrozenBetweenCalls(await hostOf('prisma', modules));
  },
);

test('attachDatabasePool leaves no connection to an instance that is frozen, where postgres.js leaves its own', async () => {
  await waitUntil(async () => (await clientsNow()) === 0, { what: 'nobody is there', timeoutMs: 30_000 });
  for (const [name, left] of [
    ['postgres-js', 1],
    ['pg', 0],
  ] as const) {
    const host = await hostOf(name);
    expect(await host.call(0)).toMatchObject(good);
    expect(await clientsNow()).toBe(1);
    // The platform freezes no sooner than what the function asked to wait for is over.
    await host.settled();
    host.freeze();
    const what = `${name} leaves ${left}`;
    await waitUntil(async () => (await clientsNow()) === left, { what, timeoutMs: 3_000 });
    host.thaw();
    expect(await host.call(0)).toMatchObject(good);
    await host.close();
    await waitUntil(async () => (await clientsNow()) === 0, { what: `${name} is gone`, timeoutMs: 30_000 });
  }
});

test('frozen instances with open connections hold no server connection', async () => {
  const hosts = await Promise.all(Array.from({ length: 2 }, () => hostOf('postgres-js')));
  // More than the budget, so that one held by each would be too many.
  const instances = Array.from({ length: 10 }, (_, index) => index);
  const all = await Promise.all(hosts.flatMap((host) => instances.map((instance) => host.call(instance))));
  for (const answer of all) expect(answer).toMatchObject(good);
  for (const host of hosts) host.freeze();
  const clients = await Promise.all(instances.map(() => weir.client()));
  await Promise.all(clients.map((client) => client.query('select pg_sleep(0.01)')));
  await Promise.all(clients.map((client) => client.end()));
  for (const host of hosts) host.thaw();
  expect(await hosts[0]!.call(3)).toMatchObject(good);
  await Promise.all(hosts.map((host) => host.close()));
});

test('cold connects begun within a second are all served, none refused or reset', async () => {
  const bundle = await bundleFunction({
    project,
    name: 'pg',
    target: join(scratch.path, 'burst'),
    modules: join(folder, 'node_modules'),
  });
  const burst = { connects: 100, withinMs: 1000, hosts: 2 };
  const result = await coldConnects({ folder, bundle, ...reach() }, burst);
  console.log(JSON.stringify(result));
  expect(result.failures).toEqual({});
  expect(result.maxMs).toBeLessThan(5_000);
});
