// The `tls-server-end-point` hash of a certificate (RFC 5929), by reading just enough DER to find its signature algorithm.
import { createHash } from 'node:crypto';

/**
 * The hash of `certificate` (DER) by the hash function of its signature, SHA-256 where that is MD5 or SHA-1.
 * Null where the signature names none (Ed25519) or an unknown one: there is no such binding then.
 */
export function endPointHash(certificate: Uint8Array): Uint8Array | null {
  const algorithm = signatureHash(certificate);
  if (algorithm === null) return null;
  return new Uint8Array(createHash(algorithm).update(certificate).digest());
}

/** The hash function to use for `certificate`, in Node's spelling, or null. */
export function signatureHash(certificate: Uint8Array): string | null {
  // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, parameters }, signatureValue }
  const outer = element(certificate, 0);
  const signed = outer && element(certificate, outer.start);
  const algorithm = signed && element(certificate, signed.end);
  const name = algorithm && element(certificate, algorithm.start);
  if (!algorithm || !name || name.tag !== 0x06) return null;
  const oid = hex(certificate, name);
  if (oid === rsaPss) return pssHash(certificate, name.end, algorithm.end);
  return signatureHashes[oid] ?? null;
}

interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** The DER element at `offset`: its tag and where its contents lie; null if it does not fit. */
function element(bytes: Uint8Array, offset: number): Element | null {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) return null;
  let start = offset + 2;
  let length = first;
  if (first & 0x80) {
    const lengthBytes = first & 0x7f;
    if (lengthBytes === 0 || lengthBytes > 3) return null;
    length = 0;
    for (let i = 0; i < lengthBytes; i++) length = (length << 8) | (bytes[start + i] ?? 0);
    start += lengthBytes;
  }
  const end = start + length;
  return end <= bytes.length ? { tag, start, end } : null;
}

// RSASSA-PSS-params ::= SEQUENCE { [0] hashAlgorithm SEQUENCE { OID } DEFAULT sha1, … }
function pssHash(bytes: Uint8Array, offset: number, limit: number): string | null {
  if (offset >= limit) return 'sha256';
  const parameters = element(bytes, offset);
  if (!parameters) return null;
  const tagged = parameters.start < parameters.end ? element(bytes, parameters.start) : null;
  if (tagged?.tag !== 0xa0) return 'sha256';
  const algorithm = element(bytes, tagged.start);
  const name = algorithm && element(bytes, algorithm.start);
  return name ? (plainHashes[hex(bytes, name)] ?? null) : null;
}

function hex(bytes: Uint8Array, { start, end }: Element): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('hex');
}

const rsaPss = '2a864886f70d01010a';

// Object identifiers by their DER contents. MD5 and SHA-1 stand as sha256, as the RFC has it.
const plainHashes: Record<string, string> = {
  '2a864886f70d0205': 'sha256',
  '2b0e03021a': 'sha256',
  '608648016503040204': 'sha224',
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
};

const signatureHashes: Record<string, string> = {
  // RSA PKCS #1 v1.5: md5, sha1, sha224, sha256, sha384, sha512.
  '2a864886f70d010104': 'sha256',
  '2a864886f70d010105': 'sha256',
  '2a864886f70d01010e': 'sha224',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  // ECDSA: sha1, sha224, sha256, sha384, sha512.
  '2a8648ce3d0401': 'sha256',
  '2a8648ce3d040301': 'sha224',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
};
