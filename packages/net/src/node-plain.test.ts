// Plain connections, accepted and dialled, in both ways of reading: what a handler hears, and when it must hear nothing.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { dial } from './dial.ts';
import { acceptedPair, dialledPair, listenOnLoopback, Recorder, record } from './fixtures/loopback.ts';
import type { ReadMode } from './node-plain.ts';
import type { Connection } from './transport.ts';

vi.setConfig({ testTimeout: 120_000 });

const pairs: [string, ReadMode, (mode: ReadMode) => Promise<{ ours: Connection; peer: Socket }>][] = [
  ['accepted, own buffer', 'own-buffer', acceptedPair],
  ['accepted, data events', 'data-events', acceptedPair],
  ['dialled, own buffer', 'own-buffer', dialledPair],
  ['dialled, data events', 'data-events', dialledPair],
];

describe.each(pairs)('%s', (_name, mode, makePair) => {
  test('bytes go both ways and the peer is known', async () => {
    const { ours, peer } = await makePair(mode);
    const heard = record(ours);
    peer.write('question');
    await heard.until(() => heard.text === 'question');
    expect(ours.write(Buffer.from('answer'))).toBe(true);
    expect(ours.unsentBytes).toBe(0);
    const [bytes] = await once(peer, 'data');
    expect(String(bytes)).toBe('answer');
    expect(ours.remoteAddress).toBe('127.0.0.1');
    expect(ours.remotePort).toBe(peer.localPort);
    expect(ours.tls).toBe(null);
    peer.destroy();
    ours.destroy();
    await heard.heard('close');
  });

  test('a reset by the peer ends in one onClose with the error', async () => {
    const { ours, peer } = await makePair(mode);
    const heard = record(ours);
    peer.write('x');
    await heard.heard('data');
    peer.resetAndDestroy();
    await heard.heard('close');
    expect((heard.error as NodeJS.ErrnoException).code).toBe('ECONNRESET');
    expect(heard.events).toEqual(['data', 'close']);
  });

  test('end of file is heard apart from close, and the other direction still works', async () => {
    const { ours, peer } = await makePair(mode);
    const heard = record(ours);
    peer.end('last words');
    await heard.heard('end');
    expect(heard.text).toBe('last words');
    expect(heard.count('close')).toBe(0);
    ours.write(Buffer.from('still here'));
    ours.end();
    const [bytes] = await once(peer, 'data');
    expect(String(bytes)).toBe('still here');
    await heard.heard('close');
    expect(heard.error).toBe(null);
  });

  test('end sends what is queued before the end of file', async () => {
    const { ours, peer } = await makePair(mode);
    const heard = record(ours);
    const size = 12_000_000;
    expect(ours.write(Buffer.alloc(size, 7))).toBe(false);
    ours.end();
    expect(ours.write(Buffer.from('too late'))).toBe(true);
    let received = 0;
    peer.on('data', (bytes) => (received += bytes.length));
    await once(peer, 'end');
    expect(received).toBe(size);
    peer.end();
    await heard.heard('close');
    expect(heard.error).toBe(null);
  });

  test('a paused connection reads nothing, so that the peer is held back by the kernel', async () => {
    const { ours, peer } = await makePair(mode);
    const heard = new Recorder();
    ours.handler = heard;
    const size = 16_000_000;
    peer.write(Buffer.alloc(size, 1));
    peer.end();
    const { listener, accepted } = await listenOnLoopback();
    // A few round trips elsewhere: time enough for bytes to come if they could.
    for (let i = 0; i < 8; i++) await roundTrip(listener.port, accepted);
    await listener.close();
    expect(heard.events).toEqual([]);
    expect(peer.writableLength).toBeGreaterThan(0);
    ours.resume();
    await heard.heard('data');
    ours.pause();
    const before = heard.bytes;
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard.bytes).toBe(before);
    ours.resume();
    await heard.heard('end');
    expect(heard.bytes).toBe(size);
    ours.destroy();
    await heard.heard('close');
  });

  test('resume and pause in one turn deliver nothing', async () => {
    const { ours, peer } = await makePair(mode);
    const heard = new Recorder();
    ours.handler = heard;
    ours.resume();
    ours.pause();
    peer.end('early');
    const { listener, accepted } = await listenOnLoopback();
    for (let i = 0; i < 3; i++) await roundTrip(listener.port, accepted);
    await listener.close();
    expect(heard.events).toEqual([]);
    ours.resume();
    await heard.heard('end');
    expect(heard.text).toBe('early');
    ours.destroy();
    await heard.heard('close');
  });

  test('after destroy nothing is called but onClose, and writes go nowhere', async () => {
    const { ours, peer } = await makePair(mode);
    const heard = record(ours);
    peer.write('more');
    expect(ours.write(Buffer.alloc(12_000_000))).toBe(false);
    ours.destroy();
    expect(ours.write(Buffer.from('nowhere'))).toBe(true);
    ours.resume();
    ours.end();
    ours.destroy();
    await heard.heard('close');
    expect(heard.events).toEqual(['close']);
    expect(heard.error).toBe(null);
    peer.destroy();
  });

  test('a write into a connection that the peer has reset ends in one onClose', async () => {
    const { ours, peer } = await makePair(mode);
    const heard = new Recorder();
    ours.handler = heard;
    peer.resetAndDestroy();
    await once(peer, 'close');
    while (heard.events.length === 0) {
      ours.write(Buffer.from('anybody?'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(heard.events).toEqual(['close']);
    expect(['EPIPE', 'ECONNRESET']).toContain((heard.error as NodeJS.ErrnoException).code);
  });

  test('onDrain comes after every false, for small unsent writes as for large ones', async () => {
    const { ours, peer } = await makePair(mode);
    const heard = record(ours);
    const chunk = Buffer.alloc(8000, 3);
    let sent = 0;
    for (let round = 1; round <= 3; round++) {
      peer.pause();
      let taken = true;
      while (taken) {
        taken = ours.write(chunk);
        sent += chunk.length;
      }
      expect(heard.count('drain')).toBe(round - 1);
      expect(ours.unsentBytes).toBeGreaterThan(0);
      peer.resume();
      await heard.until(() => heard.count('drain') === round);
      expect(ours.unsentBytes).toBe(0);
    }
    ours.end();
    let received = 0;
    peer.on('data', (bytes) => (received += bytes.length));
    ours.destroy();
    await heard.heard('close');
    expect(received).toBeLessThanOrEqual(sent);
    peer.destroy();
  });

  test.each(['onData', 'onDrain', 'onEnd'] as const)(
    'an exception in %s ends that connection only',
    async (name) => {
      const { ours, peer } = await makePair(mode);
      const heard = record(ours);
      const thrown = new Error(`thrown in ${name}`);
      heard[name] = () => {
        throw thrown;
      };
      peer.resume();
      ours.write(Buffer.alloc(12_000_000));
      if (name === 'onData') peer.write('x');
      if (name === 'onEnd') peer.end();
      await heard.heard('close');
      expect(heard.error).toBe(thrown);
      peer.destroy();
    },
  );
});

async function roundTrip(port: number, accepted: () => Promise<Connection>): Promise<void> {
  const near = await dial({ address: '127.0.0.1', port, timeoutMs: 60_000 });
  const far = await accepted();
  const heard = record(far);
  record(near);
  near.write(Buffer.from('ping'));
  await heard.heard('data');
  near.destroy();
  await heard.heard('end');
  far.destroy();
  await heard.heard('close');
}
