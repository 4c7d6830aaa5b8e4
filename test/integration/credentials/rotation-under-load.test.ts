// Passwords and the seal key are rotated while 64 clients reconnect all the time: no login is lost.
import { readFileSync } from 'node:fs';
import { startPooler, startWeir, temporaryDirectory, type Weir, waitUntil } from '@weir/harness';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliIn } from '../cli/run-cli.ts';
import { clientOf } from '../control-api/api-client.ts';
import { reconnectingClients } from './reconnecting-clients.ts';

// WEIR_ROTATIONS=100 is the long form, some minutes.
const rotations = Number(process.env.WEIR_ROTATIONS ?? 4);
// WEIR_SEAL_ROTATIONS=20 is the long form of the other, some minutes too.
const sealRotations = Number(process.env.WEIR_SEAL_ROTATIONS ?? 1);
const clientCount = 64;

let weir: Weir;
let api: ReturnType<typeof clientOf>;
beforeAll(async () => {
  // Servers that live for a second: somebody logs in to the database with the secret in hand all the time.
  weir = await startWeir({
    budget: 20,
    poolers: 2,
    settings: { serverLifetimeMs: 1_000, serverIdleTimeoutMs: 1_000 },
  });
  api = clientOf(weir.apiUrl, weir.apiKey);
});
afterAll(() => weir?.close());

test(`${rotations} rotations under the logins of ${clientCount} clients lose none`, {
  timeout: 60_000 + rotations * 10_000,
}, async () => {
  const params = { endpointId: weir.endpoint.id as never };
  const role = await api.createRole({ params, body: { name: 'turning' } });
  let [current, previous] = [role.password, role.password];
  // Every fourth on the direct host, every eighth as a role that only the database knows, which Weir asks in its own name.
  const clients = reconnectingClients(weir, clientCount, (number) => {
    const where = { direct: number % 4 === 1, pooler: number % 2 };
    if (number % 8 === 0) return { role: 'app', password: 'app-pw', ...where };
    return { role: 'turning', password: number < clientCount / 2 ? previous : current, ...where };
  });
  await clients.allAgain();
  for (let i = 0; i < rotations; i++) {
    const rotated = await api.rotateRole({ params: { ...params, roleName: 'turning' }, body: {} });
    previous = current;
    current = rotated.password;
    await clients.allAgain();
    // The one that Weir itself logs in with, too.
    const own = { ...params, roleName: weir.endpoint.upstream.user };
    await api.rotateRole({ params: own, body: { overlapSeconds: 0 } });
    await clients.allAgain();
    expect(clients.logins.get(previous), 'logins with the old password').toBeGreaterThan(0);
    expect(clients.logins.get(current), 'logins with the new password').toBeGreaterThan(0);
    // Before the next one nobody uses the old one any more.
    previous = current;
    await clients.allAgain();
  }
  await clients.stop();
  const total = [...clients.logins.values()].reduce((sum, count) => sum + count, 0);
  console.log(`${total} logins over ${rotations} rotations, ${clients.lost.length} lost`);
  expect(clients.lost).toEqual([]);
});

test(`${sealRotations} rotations of the seal key under the logins of ${clientCount} clients lose none`, {
  timeout: 60_000 + sealRotations * 60_000,
}, async () => {
  const params = { endpointId: weir.endpoint.id as never };
  const role = await api.createRole({ params, body: { name: 'sealed' } });
  let [current, previous] = [role.password, role.password];
  const clients = reconnectingClients(weir, clientCount, (number) => {
    const where = { direct: number % 4 === 1, pooler: number % 2 };
    if (number % 8 === 0) return { role: 'app', password: 'app-pw', ...where };
    return { role: 'sealed', password: number < clientCount / 2 ? previous : current, ...where };
  });
  /** What poolers know by heart hides a record that they cannot open: a new password has to be read from a new one. */
  const newPassword = async () => {
    // Nobody uses the one before the last any more: two rotations within an overlap leave it behind.
    const isInUse = previous !== current;
    previous = current;
    if (isInUse) await clients.allAgain();
    const rotated = await api.rotateRole({ params: { ...params, roleName: 'sealed' }, body: {} });
    current = rotated.password;
    await clients.allAgain();
    expect(clients.logins.get(current), 'logins with the new password').toBeGreaterThan(0);
  };
  await clients.allAgain();
  const directory = temporaryDirectory('seal-rotation');
  const cli = cliIn(directory.path, { WEIR_API_URL: weir.apiUrl, WEIR_API_KEY: weir.apiKey });
  const weirSealKey = async (...words: string[]) => {
    const { code, stdout, stderr } = await cli(['seal-key', ...words, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  const keyOf = async (id: string) => (await api.getSealKeys({})).keys.find((key) => key.id === id);
  const whenKey = (id: string, what: string, holds: (key: Awaited<ReturnType<typeof keyOf>>) => boolean) =>
    waitUntil(async () => holds(await keyOf(id)), { what: `${id} ${what}`, timeoutMs: 30_000 });
  for (let i = 0; i < sealRotations; i++) {
    const [old] = readFileSync(weir.sealKeyFile, 'utf8').split(':') as [string];
    const { added } = await weirSealKey('add', weir.sealKeyFile);
    await whenKey(added, 'is everywhere', (key) => key?.mayBeUsed === true);
    await weirSealKey('use', weir.sealKeyFile, added);
    await newPassword();
    await whenKey(old, 'seals nothing any more', (key) => key?.mayBeRemoved === true);
    await weirSealKey('remove', weir.sealKeyFile, old);
    await whenKey(old, 'is nowhere', (key) => key === undefined);
    await newPassword();
  }
  // One that starts with nothing but the new key, and knows nothing yet.
  const { redis, sealKeyFile, domain } = weir;
  const fresh = await startPooler({ redisUrl: redis.url, sealKeyFile, domain });
  const url = new URL(weir.pooledUrl({ role: 'sealed', password: current }));
  url.port = String(fresh.port);
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.end();
  await fresh.close();
  await clients.stop();
  directory.remove();
  const total = [...clients.logins.values()].reduce((sum, count) => sum + count, 0);
  console.log(`${total} logins over ${sealRotations} rotations of the seal key, ${clients.lost.length} lost`);
  expect(clients.lost).toEqual([]);
});
