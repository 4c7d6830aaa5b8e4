// Which secrets a server is offered for a role, in which order, and when its record is read again.
import type { PublishedEndpoint, PublishedRole } from '@weir/tenancy';
import { expect, test } from 'vitest';
import type { ServerCredential } from '../client/authenticate.ts';
import { PoolerError } from '../errors.ts';
import { endpointOf } from '../testing/endpoint.ts';
import { openForRole } from './role-login.ts';

const clientKey = new Uint8Array(32).fill(7);

function published(part: Partial<PublishedRole>): PublishedEndpoint {
  const role: PublishedRole = {
    name: 'app',
    verifier: null,
    verifierIsServers: false,
    password: null,
    validUntil: null,
    previous: null,
  };
  return endpointOf({ roles: [{ ...role, ...part }] });
}

const previousOf = (password: string | null) => ({ verifier: 'unused', validUntil: null, password });

/** Offers secrets to a server that takes `taken` alone. Resolves to what was offered. */
async function offersTo(
  taken: string,
  proven: ServerCredential | null,
  records: readonly PublishedEndpoint[],
  refusal: 'SERVER_PASSWORD_REFUSED' | 'SERVER_UNREACHABLE' = 'SERVER_PASSWORD_REFUSED',
): Promise<{ offers: string[]; reads: number; code: string | null }> {
  const offers: string[] = [];
  let reads = 0;
  const login = {
    role: 'app',
    proven,
    endpoint: () => records[Math.min(reads, records.length - 1)]!,
    readAgain: async () => void reads++,
  };
  const open = async ({ clientKey, password }: ServerCredential) => {
    const offer = clientKey ? 'key' : password!;
    offers.push(offer);
    if (offer !== taken) throw new PoolerError(refusal, { role: 'app' });
  };
  const code = await openForRole(login, open).then(
    () => null,
    (error: PoolerError) => error.code,
  );
  return { offers, reads, code };
}

test('what a client proved comes first, then the password of the record', async () => {
  const proven = { role: 'app', clientKey, serverKey: clientKey };
  const record = published({ password: 'new' });
  expect(await offersTo('key', proven, [record])).toEqual({ offers: ['key'], reads: 0, code: null });
  expect(await offersTo('new', proven, [record])).toEqual({ offers: ['key', 'new'], reads: 0, code: null });
});

test('while a rotation is not finished the old password comes first, and the new one next', async () => {
  const record = published({ password: 'new', previous: previousOf('old') });
  const proven = { role: 'app', password: 'new' };
  expect(await offersTo('old', proven, [record])).toMatchObject({ offers: ['old'], code: null });
  expect(await offersTo('new', proven, [record])).toMatchObject({ offers: ['old', 'new'], code: null });
});

test('where the server takes no secret in hand the record is read again, once, and only new ones are offered', async () => {
  const proven = { role: 'app', password: 'old' };
  const before = published({ password: 'old' });
  const after = published({ password: 'new', previous: previousOf('old') });
  expect(await offersTo('new', proven, [before, after])).toEqual({
    offers: ['old', 'new'],
    reads: 1,
    code: null,
  });
  expect(await offersTo('none', proven, [before, after])).toEqual({
    offers: ['old', 'new'],
    reads: 1,
    code: 'SERVER_PASSWORD_REFUSED',
  });
});

test('a role without a password in the record is not asked about again, and other refusals end at once', async () => {
  const proven = { role: 'app', clientKey, serverKey: clientKey };
  const refused = { offers: ['key'], reads: 0, code: 'SERVER_PASSWORD_REFUSED' };
  expect(await offersTo('none', proven, [published({})])).toEqual(refused);
  const record = published({ password: 'new' });
  const away = { offers: ['key'], reads: 0, code: 'SERVER_UNREACHABLE' };
  expect(await offersTo('none', proven, [record], 'SERVER_UNREACHABLE')).toEqual(away);
});
