// The header by which a proxy in front says who its client is: PROXY protocol, version 2 (haproxy.org/download/3.0/doc/proxy-protocol.txt).
import { ProtocolViolation } from './protocol-violation.ts';

/** What tells the header's length is in its first 16 bytes. */
export const proxyHeaderStartBytes = 16;
/** The first byte of the signature, which no packet that a client of Postgres begins with shares. */
export const proxyHeaderFirstByte = 0x0d;

/** Who the client is, as the proxy has it. */
export interface ProxySource {
  /** An IPv4 or IPv6 literal. */
  readonly address: string;
  readonly port: number;
}

const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
// Addresses take 36 bytes at most; the rest is room for what proxies add of TLS and of their network. We read none of it.
const restBytesMax = 4096;

const command = { local: 0, proxy: 1 } as const;
// Family in the upper half, stream in the lower.
const tcp4 = 0x11;
const tcp6 = 0x21;
const unspecified = 0x00;

/** How many bytes follow the first 16. Throws ProtocolViolation if they begin no header of version 2, or too long a one. */
export function proxyHeaderRest(start: Uint8Array): number {
  if (!signature.every((byte, index) => start[index] === byte)) {
    throw new ProtocolViolation('no PROXY protocol header of version 2');
  }
  const versionAndCommand = start[12]!;
  if (versionAndCommand >> 4 !== 2 || (versionAndCommand & 0x0f) > command.proxy) {
    throw new ProtocolViolation(
      'a PROXY protocol header of another version than 2, or with an unknown command',
    );
  }
  const bytes = (start[14]! << 8) | start[15]!;
  if (bytes > restBytesMax) throw new ProtocolViolation('a PROXY protocol header of impossible length');
  return bytes;
}

/**
 * The client's address out of the first 16 bytes and the rest; null if the proxy speaks for itself, as in its probes, or
 * does not know. Throws ProtocolViolation for clients that did not come over TCP, and where the address is cut short.
 */
export function parseProxyHeader(start: Uint8Array, rest: Uint8Array): ProxySource | null {
  if ((start[12]! & 0x0f) === command.local) return null;
  const family = start[13]!;
  if (family === unspecified) return null;
  if (family !== tcp4 && family !== tcp6) {
    throw new ProtocolViolation('a PROXY protocol header for something else than TCP');
  }
  // Source and destination, then the port of each.
  const addressBytes = family === tcp4 ? 4 : 16;
  if (rest.length < 2 * addressBytes + 4)
    throw new ProtocolViolation('a PROXY protocol header that is cut short');
  const bytes = rest.subarray(0, addressBytes);
  const portAt = 2 * addressBytes;
  const port = (rest[portAt]! << 8) | rest[portAt + 1]!;
  return { address: family === tcp4 ? bytes.join('.') : ipv6Text(bytes), port };
}

function ipv6Text(bytes: Uint8Array): string {
  const mapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (mapped) return bytes.subarray(12).join('.');
  return Array.from({ length: 8 }, (_, index) =>
    ((bytes[2 * index]! << 8) | bytes[2 * index + 1]!).toString(16),
  ).join(':');
}
