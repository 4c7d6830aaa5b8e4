// What is peculiar to TLS over native sockets: OpenSSL's queue that Node reads too, small records, long chains, settings.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls, { connect, createServer, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  acceptedPair,
  caPem,
  certificateFiles,
  fixtureText,
  listening,
  listenOnLoopback,
  pattern,
  record,
  wildcardCertificates,
} from './fixtures/loopback.ts';
import { skippedBecause, whyNotNative } from './fixtures/native-built.ts';
import { acceptedTlsPair } from './fixtures/tls-peers.ts';
import { loadServerCertificates, type ServerCertificates } from './server-certificates.ts';
import { upgradeToServerTls } from './server-tls.ts';
import { chooseTransport } from './transport-choice.ts';

vi.setConfig({ testTimeout: 120_000 });

const why = whyNotNative();
const handshakeTimeoutMs = 60_000;

// The name of what is skipped tells why.
describe.skipIf(why !== null)(`TLS over native sockets${skippedBecause(why)}`, () => {
  beforeAll(() => {
    chooseTransport('native');
  });

  const opened: { destroy(): void }[] = [];
  const { DEFAULT_CIPHERS, DEFAULT_MAX_VERSION } = tls;
  afterEach(() => {
    for (const one of opened.splice(0)) one.destroy();
    tls.DEFAULT_CIPHERS = DEFAULT_CIPHERS;
    tls.DEFAULT_MAX_VERSION = DEFAULT_MAX_VERSION;
  });

  async function upgraded(certificates: ServerCertificates): Promise<TLSSocket> {
    const { ours: plain, peer: socket } = await acceptedPair();
    const peer = connect({ socket, servername: 'ep-a-b-c.db.localhost', ca: caPem });
    peer.on('error', () => {});
    const [ours] = await Promise.all([
      upgradeToServerTls(plain, { certificates, handshakeTimeoutMs }),
      once(peer, 'secureConnect'),
    ]);
    opened.push(peer, ours);
    return peer;
  }

  test("connections by Node's TLS live on beside clients whose handshakes or records fail", async () => {
    const server = createServer({ cert: fixtureText('wildcard.pem'), key: fixtureText('wildcard.key') });
    server.on('secureConnection', (socket) => socket.on('error', () => {}).pipe(socket));
    const port = await listening(server);
    const healthy = connect({ port, host: '127.0.0.1', servername: 'ep-a-b-c.db.localhost', ca: caPem });
    const died = vi.fn();
    healthy.on('error', died).on('close', died);
    await once(healthy, 'secureConnect');
    opened.push(healthy);
    const echo = async (): Promise<void> => {
      healthy.write('echo');
      await once(healthy, 'data');
    };
    for (let turn = 0; turn < 3; turn++) {
      const bad = await acceptedPair();
      opened.push(bad.peer);
      const refused = upgradeToServerTls(bad.ours, {
        certificates: wildcardCertificates,
        handshakeTimeoutMs,
      });
      // On its way while the other fails.
      healthy.write('echo');
      bad.peer.write('AAAAAAAAAAA');
      await expect(refused).rejects.toMatchObject({ reason: 'protocol' });
      await echo();
      const { ours, peer } = await acceptedTlsPair();
      const heard = record(ours);
      (peer as TLSSocket & { _parent: import('node:net').Socket })._parent.write('no TLS record at all');
      await heard.heard('close');
      expect(heard.error?.message).toMatch(/wrong version number|packet length|record/);
      peer.destroy();
      await echo();
    }
    expect(died).not.toHaveBeenCalled();
    server.close();
  });

  test('a client that asks for records of 512 bytes gets large writes whole', async () => {
    const { listener, accepted } = await listenOnLoopback();
    const args = ['s_client', '-connect', `127.0.0.1:${listener.port}`, '-maxfraglen', '512', '-quiet'];
    const client = spawn('openssl', [...args, '-tls1_2'], { stdio: ['pipe', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    client.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const certificates = wildcardCertificates;
    const ours = await upgradeToServerTls(await accepted(), { certificates, handshakeTimeoutMs });
    opened.push(ours);
    const heard = record(ours);
    const sent = pattern('small records', 100_000);
    ours.write(sent);
    ours.end();
    await once(client, 'close');
    expect(heard.error).toBe(null);
    expect(Buffer.concat(chunks).equals(sent)).toBe(true);
    await listener.close();
  });

  test('a chain of certificates that fills more than one piece of memory is shown whole', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-chain-'));
    const { keyFile } = certificateFiles('wildcard');
    const chain = fixtureText('wildcard.pem') + caPem.repeat(90);
    writeFileSync(join(folder, 'chain.pem'), chain);
    const peer = await upgraded(loadServerCertificates([{ certFile: join(folder, 'chain.pem'), keyFile }]));
    expect(peer.authorized).toBe(true);
    rmSync(folder, { recursive: true });
  });

  test("Node's default ciphers and versions hold, also where they were changed", async () => {
    // The addon's settings are of the time of a certificate's first handshake, Node's of when it is loaded.
    const reloaded = (): ServerCertificates => loadServerCertificates([certificateFiles('wildcard')]);
    const certificates = reloaded();
    tls.DEFAULT_CIPHERS = 'TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES256-GCM-SHA384';
    const chosen = await upgraded(certificates);
    expect(chosen.getCipher().name).toBe('TLS_CHACHA20_POLY1305_SHA256');
    tls.DEFAULT_CIPHERS = DEFAULT_CIPHERS;
    tls.DEFAULT_MAX_VERSION = 'TLSv1.2';
    const older = reloaded();
    const { ours: plain, peer: socket } = await acceptedPair();
    const upgrade = upgradeToServerTls(plain, { certificates: older, handshakeTimeoutMs });
    const peer = connect({ socket, servername: 'db.localhost', ca: caPem, maxVersion: 'TLSv1.3' });
    peer.on('error', () => {});
    opened.push(await upgrade, peer);
    expect(peer.getProtocol()).toBe('TLSv1.2');
  });

  test('more than a ClientHello before the answer is refused as no TLS that fits', async () => {
    const { ours, peer } = await acceptedPair();
    opened.push(peer);
    const alreadyRead = Buffer.alloc(80_000, 'A');
    await expect(
      upgradeToServerTls(ours, { certificates: wildcardCertificates, alreadyRead, handshakeTimeoutMs }),
    ).rejects.toMatchObject({ name: 'TlsError', reason: 'protocol' });
  });

  test('a client that asks for TLS to be agreed on anew loses its connection', async () => {
    const { ours, peer } = await acceptedTlsPair(undefined, { maxVersion: 'TLSv1.2' });
    opened.push(peer);
    const heard = record(ours);
    peer.renegotiate({}, () => {});
    await heard.heard('close');
    expect(heard.error?.message).toBe('TLS: no renegotiation');
  });
});
