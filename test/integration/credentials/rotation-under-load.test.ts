// Passwords are rotated while 64 clients reconnect all the time, half of them with the old one: no login is lost.
import { startWeir, type Weir } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from '../control-api/api-client.ts';
import { reconnectingClients } from './reconnecting-clients.ts';

// WEIR_ROTATIONS=100 is the long form, some minutes.
const rotations = Number(process.env.WEIR_ROTATIONS ?? 4);
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
