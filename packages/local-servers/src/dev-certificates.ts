// A certificate authority for one developer's machine, and a server certificate for the local domain signed by it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 24 * 60 * 60 * 1000;
const authorityDays = 3650;
// Some clients refuse server certificates that last longer.
const leafDays = 397;
const renewBeforeDays = 30;

/** Files of the development authority and of the server certificate it signed. */
export interface DevCertificates {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly caPem: string;
  /** ISO 8601 time at which the server certificate ends. */
  readonly validUntil: string;
  /** Whether anything was made or renewed by this call. */
  readonly renewed: boolean;
}

/**
 * The certificates in `dir` for `*.<domain>`, `<domain>`, `localhost` and both loopback addresses (ECDSA P-256),
 * made if missing and renewed thirty days before their end. The authority is kept, so that clients go on trusting it.
 */
export async function ensureDevCertificates(options: {
  readonly dir: string;
  readonly domain: string;
  readonly now?: Date;
}): Promise<DevCertificates> {
  const now = options.now ?? new Date();
  x509.cryptoProvider.set(webcrypto as never);
  mkdirSync(options.dir, { recursive: true });
  const caFile = join(options.dir, 'ca.pem');
  const caKeyFile = join(options.dir, 'ca-key.pem');
  const certFile = join(options.dir, 'server.pem');
  const keyFile = join(options.dir, 'server-key.pem');

  let authority = await readAuthority(caFile, caKeyFile);
  const authorityIsNew = authority === null || !lastsUntil(authority.certificate, now, leafDays);
  if (authority === null || authorityIsNew) {
    authority = await makeAuthority(now);
    writeWhole(caKeyFile, await privateKeyPem(authority.privateKey), 0o600);
    writeWhole(caFile, `${authority.certificate.toString('pem')}\n`, 0o644);
  }

  const current = readCertificate(certFile);
  const leafIsGood =
    !authorityIsNew &&
    current !== null &&
    readText(keyFile) !== null &&
    lastsUntil(current, now, renewBeforeDays) &&
    namesOf(current).has(`*.${options.domain}`);
  let leaf = current;
  if (!leafIsGood || leaf === null) {
    const made = await makeLeaf(authority, options.domain, now);
    leaf = made.certificate;
    writeWhole(keyFile, made.keyPem, 0o600);
    writeWhole(certFile, `${leaf.toString('pem')}\n`, 0o644);
  }
  return {
    caFile,
    certFile,
    keyFile,
    caPem: readFileSync(caFile, 'utf8'),
    validUntil: leaf.notAfter.toISOString(),
    renewed: !leafIsGood,
  };
}

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly privateKey: webcrypto.CryptoKey;
}

async function makeAuthority(now: Date): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: 'CN=Weir development authority,O=Weir (this machine only)',
    notBefore: new Date(now.getTime() - dayMs),
    notAfter: new Date(now.getTime() + authorityDays * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, privateKey: keys.privateKey };
}

async function makeLeaf(
  authority: Authority,
  domain: string,
  now: Date,
): Promise<{ certificate: x509.X509Certificate; keyPem: string }> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: `CN=*.${domain}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - dayMs),
    notAfter: new Date(now.getTime() + leafDays * dayMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: `*.${domain}` },
        { type: 'dns', value: domain },
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, keyPem: await privateKeyPem(keys.privateKey) };
}

async function readAuthority(caFile: string, caKeyFile: string): Promise<Authority | null> {
  const certificate = readCertificate(caFile);
  const keyPem = readText(caKeyFile);
  if (certificate === null || keyPem === null) return null;
  try {
    const [der] = x509.PemConverter.decode(keyPem);
    const privateKey = await webcrypto.subtle.importKey('pkcs8', der!, algorithm, true, ['sign']);
    return { certificate, privateKey };
  } catch {
    return null;
  }
}

function readCertificate(file: string): x509.X509Certificate | null {
  const pem = readText(file);
  if (pem === null) return null;
  try {
    return new x509.X509Certificate(pem);
  } catch {
    return null;
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function lastsUntil(certificate: x509.X509Certificate, now: Date, days: number): boolean {
  return certificate.notAfter.getTime() > now.getTime() + days * dayMs && certificate.notBefore <= now;
}

function namesOf(certificate: x509.X509Certificate): Set<string> {
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  return new Set(names.map((name) => name.value));
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function newSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  // A serial number is a positive integer: the top bit must be clear, the number not zero.
  bytes[0] = (bytes[0]! & 0x7f) | 0x01;
  return Buffer.from(bytes).toString('hex');
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

/** Readers see the old text or the new one, never a part. */
function writeWhole(file: string, text: string, mode: number): void {
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, text, { mode });
  renameSync(partial, file);
}
