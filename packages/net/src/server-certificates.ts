// The certificates Weir shows to clients: loaded from files, chosen by the name the client asked for, read again on demand.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { endPointHash } from './certificate-hash.ts';
import { asError, TlsError } from './errors.ts';
import { tlsSettings } from './tls-settings.ts';

/** A certificate with its key, ready for handshakes. */
export interface ServerCertificate {
  readonly context: SecureContext;
  /** What `context` was made of, in PEM. */
  readonly pem: { readonly certificates: Uint8Array; readonly key: Uint8Array };
  /** Lower case, `*.` in front of a wildcard; from the certificate's DNS names. */
  readonly names: readonly string[];
  /** See TlsFacts. */
  readonly endPointHash: Uint8Array | null;
  readonly expiresAt: Date;
}

/** A set of certificates. The first is shown to clients that name no host, or one that no certificate has. */
export interface ServerCertificates {
  choose(servername: string | null): ServerCertificate;
  /** Reads all files again. If one cannot be used the old certificates stay, all of them, and TlsError is thrown. */
  reload(): void;
}

/** PEM files; `certFile` may hold the chain, leaf first. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Loads certificates for `upgradeToServerTls`. Throws TlsError (`certificate-unusable`) naming the file. */
export function loadServerCertificates(files: readonly CertificateFiles[]): ServerCertificates {
  if (files.length === 0) throw new TlsError('certificate-unusable', 'no certificate is configured');
  let loaded = files.map(load);
  return {
    choose: (servername) => choose(loaded, servername),
    reload: () => {
      loaded = files.map(load);
    },
  };
}

function choose(loaded: readonly ServerCertificate[], servername: string | null): ServerCertificate {
  if (servername !== null) {
    const name = servername.toLowerCase();
    // A wildcard stands for one label.
    const wildcard = `*${name.slice(name.indexOf('.'))}`;
    const found =
      loaded.find((certificate) => certificate.names.includes(name)) ??
      (name.includes('.') ? loaded.find((certificate) => certificate.names.includes(wildcard)) : undefined);
    if (found) return found;
  }
  return loaded[0]!;
}

function load({ certFile, keyFile }: CertificateFiles): ServerCertificate {
  try {
    const cert = readFileSync(certFile);
    const leaf = new X509Certificate(cert);
    const key = readFileSync(keyFile);
    const context = createSecureContext({ cert, key, minVersion: tlsSettings().least });
    return {
      context,
      pem: { certificates: cert, key },
      names: dnsNames(leaf),
      endPointHash: endPointHash(leaf.raw),
      expiresAt: new Date(leaf.validTo),
    };
  } catch (thrown) {
    const error = asError(thrown);
    throw new TlsError(
      'certificate-unusable',
      `cannot use certificate ${certFile} with key ${keyFile}: ${error.message}`,
      error,
    );
  }
}

function dnsNames(leaf: X509Certificate): string[] {
  const names = (leaf.subjectAltName ?? '').split(', ');
  return names.filter((name) => name.startsWith('DNS:')).map((name) => name.slice(4).toLowerCase());
}
