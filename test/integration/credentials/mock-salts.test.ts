// A role that does not exist is asked for its password like one that does: by a salt that stays the same, whatever becomes of the seal key.
import { readFileSync, writeFileSync } from 'node:fs';
import type { SealKeysReply } from '@weir/api-contract';
import { startPooler, startWeir, type Weir, waitUntil } from '@weir/harness';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

let weir: Weir;
beforeAll(async () => {
  weir = await startWeir();
  await weir.createRole('real');
});
afterAll(() => weir?.close());

/** The salt and the iterations of a login with a wrong password, which then fails as every such login does. */
async function challengeOf(role: string, port: number): Promise<string> {
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port, user: role, password: 'wrong', database: weir.database },
    ssl: { ca: weir.caPem, servername: weir.hosts.pooled },
  });
  client.on('error', () => {});
  let challenge = '';
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.on('authenticationSASLContinue', ({ data }: { data: string }) => {
    challenge = data.slice(data.indexOf(',s='));
  });
  await expect(client.connect()).rejects.toMatchObject({ code: '28P01' });
  return challenge;
}

test('salts are the same before and after a rotation of the seal key, of roles that exist and of those that do not', async () => {
  const roles = ['real', 'nobody', 'nobody-either'];
  const challengesAt = async (port: number) => {
    const found: string[] = [];
    for (const role of roles) found.push(await challengeOf(role, port));
    return found;
  };
  const before = await challengesAt(weir.pooler.port);
  for (const challenge of before) expect(challenge).toMatch(/^,s=[A-Za-z0-9+/]{22}==,i=4096$/);
  expect(new Set(before).size).toBe(roles.length);
  expect(await challengesAt(weir.pooler.port)).toEqual(before);

  const oldLine = readFileSync(weir.sealKeyFile, 'utf8');
  const old = oldLine.split(':')[0]!;
  const newLine = `new:${'5e'.repeat(32)}\n`;
  writeFileSync(weir.sealKeyFile, newLine + oldLine);
  const mayBeRemoved = async () => {
    const { keys } = await weir.controlApi.call<SealKeysReply>('GET', '/v1/seal-keys');
    return keys.find(({ id }) => id === old)?.mayBeRemoved === true;
  };
  await waitUntil(mayBeRemoved, { what: 'the old key is no longer needed', timeoutMs: 60_000 });
  writeFileSync(weir.sealKeyFile, newLine);
  expect(await challengesAt(weir.pooler.port)).toEqual(before);
  // One that has never seen the old key.
  await using later = await startPooler({
    redisUrl: weir.redis.url,
    sealKeyFile: weir.sealKeyFile,
    domain: weir.domain,
  });
  expect(await challengesAt(later.port)).toEqual(before);
});
