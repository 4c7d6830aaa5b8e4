// Which hosts a tenant may name: every way of writing a forbidden address is refused, and what is allowed is dialled.
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { dialHost, type EgressPolicy, resolveChecked } from './egress.ts';
import { DialError, EgressError } from './errors.ts';
import { listenOnLoopback } from './fixtures/loopback.ts';

const closed: EgressPolicy = { allowLoopback: false, allowPrivate: false, denied: [] };
const open: EgressPolicy = { allowLoopback: true, allowPrivate: true, denied: [] };

const neverAllowed = [
  '0.0.0.0',
  '0',
  '0.1.2.3',
  '::',
  '::ffff:0.0.0.0',
  '169.254.169.254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  'fe80::1',
  'fe80::1%lo',
  '[fe80::1]',
  'fd00:ec2::254',
  '100.100.100.200',
  '224.0.0.1',
  '255.255.255.255',
  '240.0.0.1',
  'ff02::1',
  '2001:0:1::1',
  '192.0.2.1',
];
const loopback = [
  '127.0.0.1',
  '127.1',
  '127.255.255.254',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '::1',
  '[::1]',
  '0:0:0:0:0:0:0:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '64:ff9b::127.0.0.1',
  'localhost',
  'LOCALHOST.',
  'ep-a-b-c.db.localhost',
];
const privateHosts = [
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  'fc00::1',
  'fd12:3456::1',
  '::ffff:10.0.0.1',
  '167772161',
];
const publicHosts = [
  '8.8.8.8',
  '172.32.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '2606:4700::1111',
  '::ffff:8.8.8.8',
];

async function verdict(host: string, policy: EgressPolicy): Promise<string> {
  try {
    return (await resolveChecked(host, 5432, policy)).length > 0 ? 'allowed' : 'empty';
  } catch (error) {
    if (error instanceof EgressError) return error.reason;
    throw error;
  }
}

test.each(neverAllowed)('%s is never allowed', async (host) => {
  expect(await verdict(host, closed)).toBe('forbidden');
  expect(await verdict(host, open)).toBe('forbidden');
});

test.each(loopback)('%s needs loopback to be allowed', async (host) => {
  expect(await verdict(host, closed)).toBe('forbidden');
  expect(await verdict(host, { ...closed, allowPrivate: true })).toBe('forbidden');
  expect(await verdict(host, { ...closed, allowLoopback: true })).toBe('allowed');
});

test.each(privateHosts)('%s needs private networks to be allowed', async (host) => {
  expect(await verdict(host, closed)).toBe('forbidden');
  expect(await verdict(host, { ...closed, allowLoopback: true })).toBe('forbidden');
  expect(await verdict(host, { ...closed, allowPrivate: true })).toBe('allowed');
});

test.each(publicHosts)('%s is public', async (host) => {
  expect(await verdict(host, closed)).toBe('allowed');
});

test('a name that leads to loopback is refused, and of a mixed answer only what is allowed is kept', async () => {
  const answers = (...addresses: string[]) =>
    resolveChecked('db.example', 5432, closed, async () => addresses);
  await expect(answers('127.0.0.1')).rejects.toMatchObject({ reason: 'forbidden' });
  await expect(answers('::ffff:127.0.0.1', '10.0.0.1')).rejects.toMatchObject({ reason: 'forbidden' });
  await expect(answers('not an address')).rejects.toMatchObject({ reason: 'forbidden' });
  expect(await answers('10.0.0.1', '8.8.8.8', '127.0.0.1')).toEqual(['8.8.8.8']);
});

test('names under localhost lead to 127.0.0.1, then ::1, without asking anybody', async () => {
  const asked = async (): Promise<string[]> => {
    throw new Error('asked the name server');
  };
  for (const name of ['localhost', 'a.localhost', 'EP-A-B.db.localhost.']) {
    expect(await resolveChecked(name, 1, open, asked)).toEqual(['127.0.0.1', '::1']);
  }
});

test('a name without an address is a dns error', async () => {
  await expect(resolveChecked('no-such-host.invalid', 5432, open)).rejects.toMatchObject({ reason: 'dns' });
  await expect(resolveChecked('', 5432, open)).rejects.toMatchObject({ reason: 'dns' });
  await expect(resolveChecked('x.example', 5432, open, async () => [])).rejects.toMatchObject({
    reason: 'dns',
  });
});

test('denied addresses are refused in every notation, on their port only', async () => {
  const policy: EgressPolicy = { ...open, denied: [{ address: '127.0.0.1', port: 5432 }] };
  for (const host of ['127.0.0.1', '127.1', '::ffff:127.0.0.1']) {
    await expect(resolveChecked(host, 5432, policy)).rejects.toMatchObject({ reason: 'forbidden' });
    expect(await resolveChecked(host, 5433, policy)).toHaveLength(1);
  }
  expect(await resolveChecked('localhost', 5432, policy)).toEqual(['::1']);
});

test('a denied wildcard stands for loopback and for every address of this machine', async () => {
  const policy: EgressPolicy = { ...open, denied: [{ address: '0.0.0.0', port: 5432 }] };
  await expect(resolveChecked('127.9.9.9', 5432, policy)).rejects.toMatchObject({ reason: 'forbidden' });
  for (const { address } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
    await expect(resolveChecked(address, 5432, policy)).rejects.toMatchObject({ reason: 'forbidden' });
  }
  expect(await resolveChecked('8.8.8.8', 5432, policy)).toEqual(['8.8.8.8']);
});

test('dialHost tries the addresses in turn, and tells of the first when all fail', async () => {
  const { listener, accepted } = await listenOnLoopback();
  // The listener is on 127.0.0.1 alone, so with that denied only ::1 is left, where nobody listens.
  const options = { host: 'db.localhost', port: listener.port, timeoutMs: 60_000 };
  const connection = await dialHost({ ...options, policy: open });
  expect(connection.remoteAddress).toBe('127.0.0.1');
  (await accepted()).destroy();
  connection.destroy();
  const denied = [{ address: '127.0.0.1', port: listener.port }];
  const error = await dialHost({ ...options, policy: { ...open, denied } }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(DialError);
  expect(error.address).toBe('::1');
  await listener.close();
  const none = await dialHost({ ...options, policy: open }).catch((thrown) => thrown);
  expect(none).toMatchObject({ reason: 'refused', address: '127.0.0.1' });
  await expect(dialHost({ ...options, policy: closed })).rejects.toBeInstanceOf(EgressError);
});
