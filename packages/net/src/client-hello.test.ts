// The name out of a ClientHello: whole, cut anywhere, split over records, absent, and out of what is no ClientHello at all.
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { servernameOf } from './client-hello.ts';
import { pattern } from './fixtures/loopback.ts';

/** What node:tls sends first when it asks for `servername`. */
function helloFor(servername: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = new Duplex({
      read() {},
      write(bytes: Buffer, _encoding, done) {
        resolve(Buffer.from(bytes));
        done();
      },
    });
    connect({ socket, servername, ALPNProtocols: ['postgresql'] }).on('error', () => {});
  });
}

test('a name is told once the whole ClientHello has come, and not before', async () => {
  const hello = await helloFor('ep-a-b-c.db.localhost');
  for (let cut = 0; cut < hello.length; cut++) expect(servernameOf(hello.subarray(0, cut))).toBe(undefined);
  expect(servernameOf(hello)).toBe('ep-a-b-c.db.localhost');
  expect(servernameOf(Buffer.concat([hello, Buffer.from('more')]))).toBe('ep-a-b-c.db.localhost');
});

test('a ClientHello may lie in several records', async () => {
  const hello = await helloFor('ep-a-b-c.db.localhost');
  const record = (bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.of(22, 3, 1, bytes.length >> 8, bytes.length & 255), bytes]);
  const body = hello.subarray(5);
  for (const cut of [1, 4, 40, 100]) {
    const split = Buffer.concat([record(body.subarray(0, cut)), record(body.subarray(cut))]);
    expect(servernameOf(split)).toBe('ep-a-b-c.db.localhost');
  }
});

test('without a name, and for what is no ClientHello, the answer is null', async () => {
  expect(servernameOf(await helloFor(''))).toBe(null);
  expect(servernameOf(Buffer.from('Q and plaintext that was stuffed in'))).toBe(null);
  expect(servernameOf(Buffer.of(22, 3, 1, 0, 4, 2, 0, 0, 0))).toBe(null);
});

test('bytes that never become a ClientHello are given up, and no bytes make it throw', async () => {
  expect(
    servernameOf(Buffer.concat([Buffer.of(22, 3, 1, 255, 255, 1, 255, 255, 255), Buffer.alloc(16 * 1024)])),
  ).toBe(null);
  const hello = await helloFor('ep-a-b-c.db.localhost');
  const noise = pattern('hello', hello.length);
  for (let at = 0; at < hello.length; at++) {
    const broken = Buffer.from(hello);
    broken[at] = noise[at]!;
    expect(() => servernameOf(broken)).not.toThrow();
  }
});

test('an empty record is no ClientHello', () => {
  expect(servernameOf(new Uint8Array([22, 3, 1, 0, 0, 22, 3, 1, 0]))).toBeNull();
});
