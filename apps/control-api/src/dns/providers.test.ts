// Providers of DNS records against a real directory and a real receiver of calls.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { signatureOf } from '../webhooks/signature.ts';
import { type DnsChange, DnsProviderError, type DnsRecord } from './dns-provider.ts';
import { fileProvider } from './file-provider.ts';
import { lessOften } from './less-often.ts';
import { webhookProvider } from './webhook-provider.ts';

const directory = mkdtempSync(join(tmpdir(), 'weir-dns-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const records: readonly DnsRecord[] = [
  { name: 'ep-b.db.example.com', type: 'CNAME', value: 'cell-1.example.com' },
  { name: 'ep-a.db.example.com', type: 'AAAA', value: '2001:db8::1' },
  { name: 'ep-a.db.example.com', type: 'A', value: '192.0.2.1' },
];
const changes: readonly DnsChange[] = [
  { name: 'ep-a.db.example.com', records: records.slice(1) },
  { name: 'ep-gone.db.example.com', records: [] },
];

test('a zone file has all records, in order, and nothing is left beside it', async () => {
  const path = join(directory, 'zone');
  const provider = fileProvider(path, 'zone');
  await provider.publish(changes, async () => records.slice(0, 1));
  await provider.publish(changes, async () => records);
  expect(readFileSync(path, 'utf8').split('\n').slice(1)).toEqual([
    'ep-a.db.example.com. 60 IN A 192.0.2.1',
    'ep-a.db.example.com. 60 IN AAAA 2001:db8::1',
    'ep-b.db.example.com. 60 IN CNAME cell-1.example.com.',
    '',
  ]);
  expect(readdirSync(directory)).toEqual(['zone']);
});

test('a hosts file has addresses in front of names', async () => {
  const path = join(directory, 'hosts');
  await fileProvider(path, 'hosts').publish([], async () => records.slice(2));
  expect(readFileSync(path, 'utf8')).toMatch(/^# .*\n192\.0\.2\.1 ep-a\.db\.example\.com\n$/);
});

test('a file that cannot be put in its place fails, and what was there stays', async () => {
  const path = join(directory, 'occupied');
  mkdirSync(join(path, 'by-another'), { recursive: true });
  await expect(fileProvider(path, 'zone').publish([], async () => [])).rejects.toThrow(DnsProviderError);
  expect(readdirSync(path)).toEqual(['by-another']);
});

test('a provider that fails is left alone for longer each time, and works as soon as it is asked again', async () => {
  let nowMs = 0;
  const missing = join(directory, 'not-yet');
  const provider = lessOften(fileProvider(join(missing, 'zone'), 'zone'), () => nowMs);
  let asked = 0;
  const publish = () =>
    provider.publish([], async () => {
      asked += 1;
      return records;
    });
  // Asked every second.
  const askedAt: number[] = [];
  for (; nowMs < 40_000; nowMs += 1_000) {
    const before = asked;
    await expect(publish()).rejects.toThrow(missing);
    if (asked > before) askedAt.push(nowMs);
  }
  expect(askedAt).toEqual([0, 5_000, 15_000, 35_000]);
  mkdirSync(missing);
  nowMs = 35_000 + 40_000;
  await publish();
  expect(readdirSync(missing)).toEqual(['zone']);
});

test('a call is signed, names what changed, and has the same id when it comes again until it is taken', async () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const calls: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  let status = 500;
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    calls.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const provider = webhookProvider(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns`,
      secret,
    );
    const publish = () => provider.publish(changes, async () => []);
    await expect(publish()).rejects.toThrow('status 500');
    status = 204;
    await publish();
    await publish();
    const [first, second, third] = calls;
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
    // Another call, though it says the same: receivers do nothing for an id that they have seen.
    expect(third!.headers['webhook-id']).not.toBe(first!.headers['webhook-id']);
    const id = String(second!.headers['webhook-id']);
    const timeSeconds = Number(second!.headers['webhook-timestamp']);
    const { body } = second!;
    expect(second!.headers['webhook-signature']).toBe(signatureOf(secret, { id, timeSeconds, body }));
    expect(JSON.parse(body)).toEqual({
      ttlSeconds: 60,
      changes: [
        {
          name: 'ep-a.db.example.com',
          records: [
            { type: 'AAAA', value: '2001:db8::1' },
            { type: 'A', value: '192.0.2.1' },
          ],
        },
        { name: 'ep-gone.db.example.com', records: [] },
      ],
    });
  } finally {
    server.close();
  }
  await expect(
    webhookProvider('http://127.0.0.1:1/dns', secret).publish(changes, async () => []),
  ).rejects.toThrow('refused');
});
