// TLS on both sides of the relay: certificates by name, ALPN, channel binding, who is trusted, and how failures are told.
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls, { connect, type TLSSocket } from 'node:tls';
import { expect, test, vi } from 'vitest';
import { endPointHash, signatureHash } from './certificate-hash.ts';
import { type ClientTlsOptions, upgradeToClientTls } from './client-tls.ts';
import { TlsError } from './errors.ts';
import {
  acceptedPair,
  caPem,
  certificateFiles,
  dialledPair,
  fixtureText,
  Recorder,
  record,
  wildcardCertificates,
} from './fixtures/loopback.ts';
import { acceptedTlsPair, dialledToTlsServer } from './fixtures/tls-peers.ts';
import { FrameChannel } from './frame-channel.ts';
import { loadServerCertificates } from './server-certificates.ts';
import { upgradeToServerTls } from './server-tls.ts';

vi.setConfig({ testTimeout: 120_000 });

const handshakeTimeoutMs = 60_000;
const wildcardRaw = new X509Certificate(fixtureText('wildcard.pem')).raw;

test('a client over STARTTLS is known by its SNI name, ALPN and our certificate, and bytes go both ways', async () => {
  const { ours, peer } = await acceptedTlsPair('own-buffer', { ALPNProtocols: ['postgresql'] });
  expect(ours.tls?.servername).toBe('ep-a-b-c.db.localhost');
  expect(ours.tls?.alpn).toBe('postgresql');
  const hash = createHash('sha256').update(wildcardRaw).digest();
  expect(Buffer.from(ours.tls?.endPointHash ?? [])).toEqual(hash);
  expect(ours.remoteAddress).toBe('127.0.0.1');
  const heard = record(ours);
  peer.write('question');
  await heard.until(() => heard.text === 'question');
  ours.write(Buffer.from('ans'));
  ours.write(Buffer.from('wer'));
  ours.end();
  let answer = '';
  peer.on('data', (bytes) => (answer += bytes));
  await once(peer, 'end');
  expect(answer).toBe('answer');
  peer.end();
  await heard.heard('close');
  expect(heard.error).toBe(null);
});

test('what a client sends right behind its handshake waits until it is wanted, and comes before what follows', async () => {
  const { ours: plain, peer: socket } = await acceptedPair();
  const peer = connect({ socket, servername: 'db.localhost', ca: caPem });
  // Leaves with the client's last message of the handshake.
  peer.write('early, ');
  const ours = await upgradeToServerTls(plain, { certificates: wildcardCertificates, handshakeTimeoutMs });
  const heard = new Recorder();
  ours.handler = heard;
  peer.write('late');
  peer.end();
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard.events).toEqual([]);
  ours.resume();
  await heard.heard('end');
  expect(heard.text).toBe('early, late');
  ours.end();
  await heard.heard('close');
  expect(heard.error).toBe(null);
});

test('no SNI and no ALPN are fine, and told as null', async () => {
  const { ours, peer } = await acceptedTlsPair('own-buffer', { servername: '', rejectUnauthorized: false });
  expect(ours.tls).toMatchObject({ servername: null, alpn: null });
  ours.destroy();
  peer.destroy();
});

test.each(['own-buffer', 'data-events'] as const)(
  'a ClientHello that was read already is not lost (%s)',
  async (mode) => {
    const { ours: plain, peer: socket } = await acceptedPair(mode);
    const peer = connect({ socket, servername: 'db.localhost', ca: caPem, ALPNProtocols: ['postgresql'] });
    const channel = new FrameChannel(plain);
    expect(await channel.peekByte()).toBe(0x16);
    const ours = await upgradeToServerTls(plain, {
      certificates: wildcardCertificates,
      alreadyRead: channel.detach(),
      handshakeTimeoutMs,
    });
    expect(ours.tls).toMatchObject({ servername: 'db.localhost', alpn: 'postgresql' });
    peer.write('in');
    const heard = record(ours);
    await heard.until(() => heard.text === 'in');
    peer.destroy();
    ours.destroy();
  },
);

test('the certificate that a client gets is the one for the name it asks for', async () => {
  const certificates = loadServerCertificates([certificateFiles('other'), certificateFiles('wildcard')]);
  for (const [servername, shown] of [
    ['ep-a.db.localhost', 'wildcard'],
    ['elsewhere.example', 'other'],
    ['', 'other'],
  ] as const) {
    const { ours: plain, peer: socket } = await acceptedPair();
    const peer = connect({ socket, servername, rejectUnauthorized: false });
    const secure = once(peer, 'secureConnect');
    const ours = await upgradeToServerTls(plain, { certificates, handshakeTimeoutMs });
    await secure;
    const raw = new X509Certificate(fixtureText(`${shown}.pem`)).raw;
    expect(peer.getPeerX509Certificate()?.raw.equals(raw)).toBe(true);
    expect(ours.tls?.endPointHash).toEqual(endPointHash(raw));
    ours.destroy();
    peer.destroy();
  }
});

test('bytes stuffed behind the request for TLS can be seen by the negotiator, and never turn up inside TLS', async () => {
  const { ours: plain, peer } = await acceptedPair();
  const channel = new FrameChannel(plain);
  peer.write(Buffer.concat([Buffer.from('0000000804d2162f', 'hex'), Buffer.from('Q stuffed')]));
  await channel.readStartupPacket(100);
  expect(channel.bufferedBytes).toBeGreaterThan(0);
  const upgrade = upgradeToServerTls(plain, {
    certificates: wildcardCertificates,
    alreadyRead: channel.detach(),
    handshakeTimeoutMs,
  });
  await expect(upgrade).rejects.toMatchObject({ name: 'TlsError', reason: 'protocol' });
});

test('a client that offers only other protocols by ALPN is refused', async () => {
  const { ours: plain, peer: socket } = await acceptedPair();
  const peer = connect({ socket, ca: caPem, servername: 'db.localhost', ALPNProtocols: ['http/1.1'] });
  const failed = once(peer, 'error');
  const upgrade = upgradeToServerTls(plain, { certificates: wildcardCertificates, handshakeTimeoutMs });
  await expect(upgrade).rejects.toBeInstanceOf(TlsError);
  await failed;
});

test('a client that sends no handshake is let go at the deadline, one that leaves is told as closed', async () => {
  const silent = await acceptedPair();
  const gone = once(silent.peer.resume(), 'end');
  await expect(
    upgradeToServerTls(silent.ours, { certificates: wildcardCertificates, handshakeTimeoutMs: 30 }),
  ).rejects.toMatchObject({ reason: 'timeout' });
  await gone;
  for (const leave of ['end', 'resetAndDestroy'] as const) {
    const { ours, peer } = await acceptedPair();
    const upgrade = upgradeToServerTls(ours, { certificates: wildcardCertificates, handshakeTimeoutMs });
    peer[leave]();
    await expect(upgrade).rejects.toMatchObject({ reason: 'closed' });
  }
});

test('garbage after the handshake ends the connection with one onClose and an error', async () => {
  const { ours, peer } = await acceptedTlsPair();
  const heard = record(ours);
  (peer as TLSSocket & { _parent: import('node:net').Socket })._parent.write(
    'this is not a TLS record at all',
  );
  await heard.heard('close');
  expect(heard.error).toBeInstanceOf(Error);
  expect(heard.count('close')).toBe(1);
  peer.destroy();
});

test.each(['onData', 'onEnd'] as const)(
  'an exception in %s over TLS ends that connection only',
  async (name) => {
    const { ours, peer } = await acceptedTlsPair();
    const heard = record(ours);
    const thrown = new Error('thrown');
    heard[name] = () => {
      throw thrown;
    };
    peer.end('x');
    await heard.heard('close');
    expect(heard.error).toBe(thrown);
    peer.destroy();
  },
);

test('a paused TLS connection holds its peer back, and end of file waits for resume', async () => {
  const { ours, peer } = await acceptedTlsPair();
  const size = 16_000_000;
  peer.write(Buffer.alloc(size, 5));
  peer.end();
  const other = await acceptedTlsPair();
  const otherHeard = record(other.ours);
  other.peer.write('ping');
  await otherHeard.heard('data');
  expect(peer.writableLength).toBeGreaterThan(0);
  const heard = record(ours);
  await heard.heard('end');
  expect(heard.bytes).toBe(size);
  for (const gone of [ours, other.ours]) gone.destroy();
  for (const gone of [peer, other.peer]) gone.destroy();
});

test('a client of an older TLS than Node was told to demand is refused', async () => {
  const least = tls.DEFAULT_MIN_VERSION;
  // Until the handshake is over, since not every transport asks before.
  tls.DEFAULT_MIN_VERSION = 'TLSv1.3';
  try {
    const certificates = loadServerCertificates([certificateFiles('wildcard')]);
    const { ours, peer: socket } = await acceptedPair();
    const upgrade = upgradeToServerTls(ours, { certificates, handshakeTimeoutMs });
    const older = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
    const peer = connect({ socket, servername: 'db.localhost', ca: caPem, ...older });
    peer.on('error', () => {});
    await expect(upgrade).rejects.toMatchObject({ name: 'TlsError', reason: 'protocol' });
    peer.destroy();
  } finally {
    tls.DEFAULT_MIN_VERSION = least;
  }
});

test('the certificate is chosen by name: exact, then wildcard of one label, else the first', () => {
  const certificates = loadServerCertificates([certificateFiles('other'), certificateFiles('wildcard')]);
  const [other, wildcard] = [certificates.choose('other.example'), certificates.choose('db.localhost')];
  expect(other.names).toEqual(['other.example']);
  expect(wildcard.names).toEqual(['*.db.localhost', 'db.localhost']);
  expect(certificates.choose('EP-X.db.localhost')).toBe(wildcard);
  expect(certificates.choose('a.b.db.localhost')).toBe(other);
  expect(certificates.choose('unknown')).toBe(other);
  expect(certificates.choose(null)).toBe(other);
});

test('reload takes new files, and keeps the old ones when a new one cannot be used', () => {
  const folder = mkdtempSync(join(tmpdir(), 'net-certificates-'));
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  const place = (name: string): void => {
    copyFileSync(certificateFiles(name).certFile, files.certFile);
    copyFileSync(certificateFiles(name).keyFile, files.keyFile);
  };
  place('other');
  const certificates = loadServerCertificates([files]);
  const first = certificates.choose(null);
  writeFileSync(files.certFile, 'not a certificate');
  expect(() => certificates.reload()).toThrow(TlsError);
  expect(() => certificates.reload()).toThrow(files.certFile);
  expect(certificates.choose(null)).toBe(first);
  copyFileSync(certificateFiles('wildcard').certFile, files.certFile);
  expect(() => certificates.reload()).toThrow(TlsError);
  place('wildcard');
  certificates.reload();
  expect(certificates.choose(null).names).toContain('*.db.localhost');
  rmSync(folder, { recursive: true });
});

type Outcome = 'ok' | string;
const trust: [string, Partial<ClientTlsOptions>, string, Outcome][] = [
  ['require takes any certificate', { mode: 'require', caPem: null }, 'other', 'ok'],
  ['require takes an expired one', { mode: 'require', caPem: null }, 'expired', 'ok'],
  ['verify-ca does not look at the name', { mode: 'verify-ca', host: 'elsewhere.example' }, 'wildcard', 'ok'],
  ['verify-ca wants a known authority', { mode: 'verify-ca', caPem: null }, 'wildcard', 'untrusted'],
  ['verify-ca wants a valid period', { mode: 'verify-ca' }, 'expired', 'expired'],
  [
    'verify-ca wants a known authority, whatever the name',
    { mode: 'verify-ca', host: 'elsewhere.example', caPem: fixtureText('ed25519.pem') },
    'wildcard',
    'untrusted',
  ],
  [
    'verify-ca wants a valid period, whatever the name',
    { mode: 'verify-ca', host: 'elsewhere.example' },
    'expired',
    'expired',
  ],
  ['verify-full accepts its name', { host: 'ep-x.db.localhost' }, 'wildcard', 'ok'],
  ['verify-full accepts an address in the certificate', { host: '127.0.0.1' }, 'wildcard', 'ok'],
  ['verify-full refuses another name', { host: 'ep-x.db.localhost' }, 'other', 'name-mismatch'],
  ['verify-full refuses another address', { host: '::1' }, 'wildcard', 'name-mismatch'],
  ['verify-full wants a known authority', { caPem: fixtureText('ed25519.pem') }, 'wildcard', 'untrusted'],
  [
    'a CA that is no PEM is named as such',
    { caPem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
    'wildcard',
    'certificate-unusable',
  ],
];

test.each(trust)('to a server: %s', async (_name, given, certificate, outcome) => {
  const { ours: plain, close } = await dialledToTlsServer(certificate);
  const options = { mode: 'verify-full', host: 'db.localhost', caPem, handshakeTimeoutMs, ...given } as const;
  const result = await upgradeToClientTls(plain, options).catch((thrown: TlsError) => thrown);
  close();
  if (outcome !== 'ok') {
    expect(result).toBeInstanceOf(TlsError);
    expect((result as TlsError).reason).toBe(outcome);
    return;
  }
  if (result instanceof Error) throw result;
  const raw = new X509Certificate(fixtureText(`${certificate}.pem`)).raw;
  expect(result.tls).toMatchObject({ alpn: 'postgresql', endPointHash: endPointHash(raw) });
  result.destroy();
});

test('a name is sent to the server as SNI, an address is not', async () => {
  for (const [host, servername] of [
    ['ep-x.db.localhost.', 'ep-x.db.localhost'],
    ['127.0.0.1', false],
  ] as const) {
    const { ours: plain, peer, close } = await dialledToTlsServer('wildcard');
    const ours = await upgradeToClientTls(plain, { mode: 'verify-full', host, caPem, handshakeTimeoutMs });
    expect(((await peer) as TLSSocket & { servername: unknown }).servername).toBe(servername);
    ours.destroy();
    close();
  }
});

test('a server that speaks no TLS, says nothing, or leaves is told apart', async () => {
  const options = { mode: 'require', host: 'db.localhost', caPem: null, handshakeTimeoutMs } as const;
  const wrong = await dialledPair();
  wrong.peer.write('E and an error in plaintext');
  await expect(upgradeToClientTls(wrong.ours, options)).rejects.toMatchObject({ reason: 'protocol' });
  const silent = await dialledPair();
  await expect(upgradeToClientTls(silent.ours, { ...options, handshakeTimeoutMs: 30 })).rejects.toMatchObject(
    { reason: 'timeout' },
  );
  const leaving = await dialledPair();
  leaving.peer.once('data', () => leaving.peer.destroy());
  await expect(upgradeToClientTls(leaving.ours, options)).rejects.toMatchObject({ reason: 'closed' });
});

test('the end-point hash follows the signature of the certificate, with SHA-256 for SHA-1', () => {
  const hashOf = (name: string): string | null =>
    signatureHash(new X509Certificate(fixtureText(`${name}.pem`)).raw);
  expect(hashOf('wildcard')).toBe('sha256');
  expect(hashOf('other')).toBe('sha384');
  expect(hashOf('rsa-sha1')).toBe('sha256');
  expect(hashOf('rsa-pss-sha512')).toBe('sha512');
  expect(hashOf('ed25519')).toBe(null);
  for (let cut = 0; cut < wildcardRaw.length; cut++) {
    expect(() => endPointHash(wildcardRaw.subarray(0, cut))).not.toThrow();
  }
});
