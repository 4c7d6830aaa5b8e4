// What TLS with clients may use: Node's defaults, which its command line or a program may have changed.
import tls, { type SecureVersion } from 'node:tls';

/** Versions as they stand in records. */
export const versionNumbers: Readonly<Record<SecureVersion, number>> = {
  TLSv1: 0x301,
  'TLSv1.1': 0x302,
  'TLSv1.2': 0x303,
  'TLSv1.3': 0x304,
};

/** Ciphers up to TLS 1.2 and those of 1.3, in OpenSSL's words, and the versions between which clients may choose. */
export interface TlsSettings {
  readonly ciphers: string;
  readonly suites: string;
  readonly least: SecureVersion;
  readonly most: SecureVersion;
}

/** Read from Node at each call. */
export function tlsSettings(): TlsSettings {
  const names = tls.DEFAULT_CIPHERS.split(':').filter((name) => name !== '');
  const suites = names.filter((name) => name.startsWith('TLS_'));
  const ciphers = names.filter((name) => !name.startsWith('TLS_'));
  // A version that has none of the ciphers is not offered, or OpenSSL's own would be taken for it.
  const least = versionNumbers[tls.DEFAULT_MIN_VERSION] > versionNumbers['TLSv1.2'] ? 'TLSv1.3' : 'TLSv1.2';
  return {
    ciphers: ciphers.join(':'),
    suites: suites.join(':'),
    least: ciphers.length === 0 ? 'TLSv1.3' : least,
    most: suites.length === 0 ? 'TLSv1.2' : tls.DEFAULT_MAX_VERSION,
  };
}
