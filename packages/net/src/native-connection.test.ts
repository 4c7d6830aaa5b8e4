// What is peculiar to native sockets: many of them in one round, descriptors that come again, one memory for all reads.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { dial } from './dial.ts';
import { acceptedPair, listening, listenOnLoopback, pattern, Recorder, record } from './fixtures/loopback.ts';
import { skippedBecause, whyNotNative } from './fixtures/native-built.ts';
import { acceptedTlsPair } from './fixtures/tls-peers.ts';
import { type Listener, listen } from './listener.ts';
import type { NativeConnection } from './native-connection.ts';
import { nativeLoop } from './native-loop.ts';
import type { Connection } from './transport.ts';
import { chooseTransport } from './transport-choice.ts';

vi.setConfig({ testTimeout: 120_000 });

const why = whyNotNative();

// The name of what is skipped tells why.
describe.skipIf(why !== null)(`native sockets${skippedBecause(why)}`, () => {
  beforeAll(() => {
    chooseTransport('native');
  });

  const opened: { destroy(): void }[] = [];
  afterEach(() => {
    for (const one of opened.splice(0)) one.destroy();
  });

  /** Two connections of this loop, joined: what one writes is readable at the other before `write` returns. */
  async function pair(): Promise<{ near: Connection; far: Connection }> {
    const { listener, accepted } = await listenOnLoopback();
    const near = await dial({ address: '127.0.0.1', port: listener.port, timeoutMs: 60_000 });
    const far = await accepted();
    await listener.close();
    opened.push(near, far);
    // New sockets are told of as writable; from here on only what a test does makes events, in the order in which it does.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    return { near, far };
  }

  async function pairs(count: number): Promise<{ near: Connection; far: Connection }[]> {
    const made = [];
    for (let i = 0; i < count; i++) made.push(await pair());
    return made;
  }

  test('who leaves has sent what was written, and does not wait for the peer to end too', async () => {
    const { near, far } = await pair();
    const heard = record(near);
    const gone = record(far);
    far.write(Buffer.from('last words'));
    far.leave();
    await gone.heard('close');
    expect(gone.error).toBe(null);
    await heard.heard('end');
    expect(heard.text).toBe('last words');
  });

  test('who leaves a peer that reads nothing keeps what the kernel did not take, and ends after it', async () => {
    const { near, far } = await pair();
    const bytes = Buffer.alloc(8_000_000, 'x');
    record(far);
    far.write(bytes);
    far.leave();
    const heard = record(near);
    await heard.heard('end');
    expect(heard.text.length).toBe(bytes.length);
    near.end();
  });

  test('what is written to one peer, piece behind piece in one round, leaves by one system call', async () => {
    const { near, far } = await pair();
    const sends = vi.spyOn(nativeLoop().sockets, 'sendAll');
    const heard = record(near);
    record(far).onData = () => {
      for (const piece of ['one ', 'two ', 'three']) far.write(Buffer.from(piece));
    };
    near.write(Buffer.from('go'));
    await heard.until(() => heard.text === 'one two three');
    expect(sends.mock.calls).toEqual([[1]]);
    sends.mockRestore();
  });

  test('a handler that destroys another connection of its round keeps that one from being told anything', async () => {
    const [one, two] = await pairs(2);
    const heard = record(two!.far);
    const first = record(one!.far);
    first.onData = () => two!.far.destroy();
    one!.near.write(Buffer.from('first'));
    two!.near.write(Buffer.from('never read'));
    await heard.heard('close');
    expect(heard.events).toEqual(['close']);
    expect(heard.error).toBe(null);
  });

  test('an event for a descriptor that was closed and given out again in its round tells the newcomer nothing', async () => {
    const newcomer = new Recorder();
    let newcomerFd: number | null = null;
    const listener = await listen({ host: '127.0.0.1', port: 0 }, (connection) => {
      newcomerFd = descriptorOf(connection);
      connection.handler = newcomer;
      connection.resume();
      opened.push(connection);
    });
    const [one, two] = await pairs(2);
    // The kernel gives out the lowest free number, so none below may be free.
    const fd = descriptorOf(two!.far);
    const holes: number[] = [];
    for (let hole = openSync('/dev/null', 'r'); ; hole = openSync('/dev/null', 'r')) {
      holes.push(hole);
      if (hole > fd) break;
    }
    const heard = record(two!.far);
    const first = record(one!.far);
    first.onData = () => two!.far.destroy();
    // Ready in this order: the first, the listener, and last the one whose number the newcomer has by then.
    one!.near.write(Buffer.from('first'));
    const client = dial({ address: '127.0.0.1', port: listener.port, timeoutMs: 60_000 });
    two!.near.write(Buffer.from('for the one before'));
    two!.near.end();
    opened.push(await client);
    await heard.heard('close');
    await vi.waitFor(() => expect(newcomerFd).not.toBe(null));
    expect(newcomerFd).toBe(fd);
    await roundTrip(one!.far, one!.near);
    expect(newcomer.events).toEqual([]);
    (await client).write(Buffer.from('mine'));
    await newcomer.heard('data');
    expect(newcomer.text).toBe('mine');
    for (const hole of holes) closeSync(hole);
    await listener.close();
  });

  test('an exception in the middle of a round ends that connection, and the rest of the round is told', async () => {
    const three = await pairs(3);
    const heard = three.map(({ far }) => record(far));
    const thrown = new Error('in the middle');
    heard[1]!.onData = () => {
      throw thrown;
    };
    for (const { near } of three) near.write(Buffer.from('all at once'));
    await Promise.all([heard[0]!.heard('data'), heard[1]!.heard('close'), heard[2]!.heard('data')]);
    expect(heard.map(({ events }) => events)).toEqual([['data'], ['close'], ['data']]);
    expect(heard[1]!.error).toBe(thrown);
  });

  test('a handler that was swapped in during a round is told, and the one before it no more', async () => {
    const [one, two] = await pairs(2);
    const before = record(two!.far);
    const after = new Recorder();
    record(one!.far).onData = () => {
      two!.far.handler = after;
    };
    one!.near.write(Buffer.from('swap'));
    two!.near.write(Buffer.from('for whoever is there'));
    await after.heard('data');
    expect(after.text).toBe('for whoever is there');
    expect(before.events).toEqual([]);
  });

  test('a pause by another handler of the round holds back what can be read already', async () => {
    const [one, two] = await pairs(2);
    const heard = record(two!.far);
    record(one!.far).onData = () => two!.far.pause();
    one!.near.write(Buffer.from('pause it'));
    two!.near.write(Buffer.from('later'));
    two!.near.end();
    for (let i = 0; i < 3; i++) await roundTrip(one!.far, one!.near);
    expect(heard.events).toEqual([]);
    two!.far.resume();
    await heard.heard('end');
    expect(heard.text).toBe('later');
  });

  test('a pause in onData keeps the rest in the kernel, and resume brings all of it in order', async () => {
    const { near, far } = await pair();
    const sent = pattern('pause', 3_000_000);
    const heard = new Recorder();
    const onData = heard.onData;
    heard.onData = (bytes, length) => {
      far.pause();
      onData.call(heard, bytes, length);
    };
    far.handler = heard;
    far.resume();
    near.write(sent);
    near.end();
    while (!heard.events.includes('end')) {
      const before = heard.count('data');
      await new Promise((resolve) => setImmediate(resolve));
      expect(heard.count('data') - before).toBeLessThanOrEqual(1);
      far.resume();
    }
    expect(Buffer.concat(heard.chunks).equals(sent)).toBe(true);
  });

  test('100 MB in one write reach a slow reader whole, and unsentBytes tells how far it is', async () => {
    const { ours, peer } = await acceptedPair();
    opened.push(ours, peer);
    const heard = record(ours);
    const size = 100_000_000;
    const bytes = pattern('large', 1_000_003);
    const large = Buffer.concat(Array.from({ length: 100 }, () => bytes)).subarray(0, size);
    expect(ours.write(large)).toBe(false);
    const unsent = [ours.unsentBytes];
    const hash = createHash('sha256');
    let received = 0;
    let rested = 0;
    peer.on('data', (chunk) => {
      hash.update(chunk);
      received += chunk.length;
      if (received - rested < 10_000_000) return;
      rested = received;
      unsent.push(ours.unsentBytes);
      peer.pause();
      setTimeout(() => peer.resume(), 5);
    });
    await heard.heard('drain');
    expect(ours.unsentBytes).toBe(0);
    ours.end();
    await once(peer, 'end');
    expect(received).toBe(size);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(large).digest('hex'));
    expect(unsent).toEqual([...unsent].sort((a, b) => b - a));
    expect(new Set(unsent).size).toBeGreaterThan(5);
    expect(heard.count('drain')).toBe(1);
  });

  test('what a handler writes, small and large, leaves in its order, also when it destroys the connection after', async () => {
    const { near, far } = await pair();
    const heard = record(near);
    const pieces = [10, 9_000, 20, 8_192, 8_193, 30].map((size) => pattern(`piece ${size}`, size));
    const unsent: number[] = [];
    record(far).onData = () => {
      for (const piece of pieces) {
        expect(far.write(piece)).toBe(true);
        unsent.push(far.unsentBytes);
        // Done with: it may be overwritten.
        if (piece.length < 100) piece.fill(0);
      }
      far.destroy();
    };
    const expected = Buffer.concat(pieces);
    near.write(Buffer.from('go'));
    await heard.heard('end');
    expect(Buffer.concat(heard.chunks).equals(expected)).toBe(true);
    // Small ones wait for the end of the round or for a larger one behind them, and are counted until then.
    expect(unsent).toEqual([10, 0, 20, 20 + 8_192, 0, 30]);
  });

  test('many connections that write to one slow peer in the same rounds lose nothing and keep the order', async () => {
    const { ours: target, peer } = await acceptedPair();
    opened.push(target, peer);
    peer.pause();
    const written: Buffer[] = [];
    // More than there are slots for reads.
    const sources = await pairs(80);
    for (const { far } of sources) {
      record(far).onData = (bytes, length) => {
        written.push(Buffer.from(bytes.subarray(0, length)));
        target.write(bytes.subarray(0, length));
      };
    }
    record(target);
    for (let turn = 0; target.unsentBytes < 2_000_000; turn++) {
      for (const [index, { near }] of sources.entries())
        near.write(pattern(`${turn} ${index}`, 1 + ((turn * 977 + index * 131) % 8_000)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const expected = Buffer.concat(written);
    const received: Buffer[] = [];
    let count = 0;
    peer.on('data', (chunk: Buffer) => {
      received.push(chunk);
      count += chunk.length;
    });
    peer.resume();
    await vi.waitFor(() => expect(count).toBe(expected.length), { timeout: 60_000 });
    expect(Buffer.concat(received).equals(expected)).toBe(true);
  });

  test('timers, immediates and other sockets have their turn beside a relay that is never idle', async () => {
    const { near, far } = await pair();
    let rallies = 0;
    for (const side of [near, far]) {
      record(side).onData = (bytes, length) => {
        rallies++;
        side.write(bytes.subarray(0, length));
      };
    }
    near.write(Buffer.from('rally'));
    for (let i = 0; i < 20; i++) {
      const before = rallies;
      await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => setImmediate(resolve));
      expect(rallies).toBeGreaterThan(before);
    }
    const server = createServer((socket) => socket.end('from libuv'));
    const port = await listening(server);
    const [bytes] = await once(connect(port, '127.0.0.1'), 'data');
    expect(String(bytes)).toBe('from libuv');
    server.close();
  });

  test('10000 connections, opened and closed, leave no descriptor and no memory behind', async () => {
    const listener = await listen({ host: '127.0.0.1', port: 0 }, (connection) => {
      const heard = record(connection);
      heard.onData = (bytes, length) => connection.write(bytes.subarray(0, length));
      heard.onEnd = () => connection.end();
    });
    await manyConnections(listener, 5_000);
    const descriptors = openDescriptors();
    const heapBytes = heapAfterCollection();
    await manyConnections(listener, 5_000);
    await vi.waitFor(() => expect(openDescriptors()).toBe(descriptors), { timeout: 60_000 });
    expect(heapAfterCollection() - heapBytes).toBeLessThan(1_000_000);
    await listener.close();
    expect(openDescriptors()).toBe(descriptors - 1);
  });

  test('1000 connections with TLS, opened and closed, leave no memory behind', async () => {
    const many = async (): Promise<void> => {
      for (let done = 0; done < 1_000; done += 20) {
        const made = await Promise.all(Array.from({ length: 20 }, () => acceptedTlsPair()));
        for (const { ours, peer } of made) {
          ours.write(Buffer.from('hello'));
          peer.destroy();
          ours.destroy();
        }
      }
    };
    await many();
    heapAfterCollection();
    const before = process.memoryUsage().rss;
    await many();
    heapAfterCollection();
    // A session that is never freed keeps some 50 KB.
    expect(process.memoryUsage().rss - before).toBeLessThan(20_000_000);
  });
});

test('native that was asked for and is not there says what to do', async () => {
  vi.resetModules();
  vi.doMock('./native-addon.ts', () => ({
    loadNativeSockets: () => {
      throw new Error('it was not built');
    },
  }));
  const { chooseTransport: choose } = await import('./transport-choice.ts');
  expect(() => choose('native')).toThrow(
    /not built.*packages\/net\/native\/build\.mjs.*WEIR_TRANSPORT=node/s,
  );
  expect(choose('auto')).toEqual({
    transport: 'Bun' in globalThis ? 'bun' : 'node',
    reason: 'the native one cannot be had: it was not built',
  });
  vi.doUnmock('./native-addon.ts');
});

function descriptorOf(connection: Connection): number {
  return (connection as NativeConnection as unknown as { fd: number }).fd;
}

async function roundTrip(from: Connection, to: Connection): Promise<void> {
  const heard = record(to);
  from.write(Buffer.from('ping'));
  await heard.heard('data');
}

async function manyConnections(listener: Listener, count: number): Promise<void> {
  for (let done = 0; done < count; done += 50) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const connection = await dial({ address: '127.0.0.1', port: listener.port, timeoutMs: 60_000 });
        const heard = record(connection);
        connection.write(Buffer.from('echo'));
        await heard.until(() => heard.text === 'echo');
        connection.end();
        await heard.heard('close');
        expect(heard.error).toBe(null);
      }),
    );
  }
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
