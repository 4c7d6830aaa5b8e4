// The promise of `write` towards `onData`: views of what was read may be sent on, and not a byte is changed on the way.
import type { Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { upgradeToClientTls } from './client-tls.ts';
import { acceptedPair, caPem, dialledPair, pattern } from './fixtures/loopback.ts';
import { acceptedTlsPair, dialledToTlsServer } from './fixtures/tls-peers.ts';
import type { ReadMode } from './node-plain.ts';
import type { Connection } from './transport.ts';

vi.setConfig({ testTimeout: 120_000 });

const block = pattern('relay', 1_000_003);

const cases: [string, Kind, Kind, ReadMode, number, boolean][] = [
  ['plain to plain', 'plain', 'plain', 'own-buffer', 30_000_000, true],
  ['TLS to TLS', 'tls', 'tls', 'own-buffer', 30_000_000, true],
  ['TLS to plain', 'tls', 'plain', 'own-buffer', 8_000_000, true],
  ['plain to TLS', 'plain', 'tls', 'own-buffer', 8_000_000, true],
  ['plain to plain by data events', 'plain', 'plain', 'data-events', 8_000_000, true],
  ['TLS to TLS by data events', 'tls', 'tls', 'data-events', 8_000_000, true],
  ['plain to plain without ever pausing', 'plain', 'plain', 'own-buffer', 10_000_000, false],
  ['TLS to TLS without ever pausing', 'tls', 'tls', 'own-buffer', 8_000_000, false],
  ['plain to TLS without ever pausing', 'plain', 'tls', 'own-buffer', 8_000_000, false],
];

type Kind = 'plain' | 'tls';

test.each(cases)(
  '%s, a slow reader gets every byte, both ways at once',
  async (_name, client, server, mode, size, pauses) => {
    const near = client === 'tls' ? await acceptedTlsPair(mode) : await acceptedPair(mode);
    const far = server === 'tls' ? await dialledTls(mode) : await dialledPair(mode);
    join(near.ours, far.ours, pauses);
    join(far.ours, near.ours, pauses);
    near.ours.resume();
    far.ours.resume();
    send(near.peer, size);
    send(far.peer, size);
    const [up, down] = await Promise.all([readSlowly(far.peer), readSlowly(near.peer)]);
    expect(up).toEqual({ bytes: size, firstWrongAt: null });
    expect(down).toEqual({ bytes: size, firstWrongAt: null });
  },
);

async function dialledTls(mode: ReadMode): Promise<{ ours: Connection; peer: Socket }> {
  const { ours: plain, peer, close } = await dialledToTlsServer('wildcard', mode);
  const ours = await upgradeToClientTls(plain, {
    mode: 'verify-full',
    host: 'ep-x.db.localhost',
    caPem,
    handshakeTimeoutMs: 60_000,
  });
  close();
  return { ours, peer: await peer };
}

/** Sends on what `from` reads to `to`, as views, now and then cut in pieces of odd sizes. */
function join(from: Connection, to: Connection, pauses: boolean): void {
  let reads = 0;
  from.handler = {
    onData(bytes, length) {
      const cut = ++reads % 3 === 0 ? Math.min(length, 1 + ((reads * 977) % 9000)) : length;
      let whole = to.write(bytes.subarray(0, cut));
      if (cut < length) whole = to.write(bytes.subarray(cut, length)) && whole;
      if (!whole && pauses) from.pause();
    },
    onDrain() {
      to.resume();
    },
    onEnd() {
      to.end();
    },
    onClose() {},
  };
}

function send(peer: Socket, size: number): void {
  let offset = 0;
  const more = (): void => {
    while (offset < size) {
      const start = offset % block.length;
      const piece = block.subarray(start, Math.min(start + 50_021, start + size - offset, block.length));
      offset += piece.length;
      if (!peer.write(piece)) {
        peer.once('drain', more);
        return;
      }
    }
    peer.end();
  };
  more();
}

/** Reads to the end with a rest after each megabyte, comparing as it goes. */
function readSlowly(peer: Socket): Promise<{ bytes: number; firstWrongAt: number | null }> {
  let bytes = 0;
  let rested = 0;
  let firstWrongAt: number | null = null;
  return new Promise((resolve, reject) => {
    peer.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; ) {
        const start = (bytes + at) % block.length;
        const length = Math.min(chunk.length - at, block.length - start);
        if (block.compare(chunk, at, at + length, start, start + length) !== 0) firstWrongAt ??= bytes + at;
        at += length;
      }
      bytes += chunk.length;
      if (bytes - rested > 1_000_000) {
        rested = bytes;
        peer.pause();
        setTimeout(() => peer.resume(), 2);
      }
    });
    peer.on('end', () => resolve({ bytes, firstWrongAt }));
    peer.on('close', () => reject(new Error(`closed after ${bytes} bytes`)));
  });
}
