// IP literals as bytes, and what kind of network an address belongs to. No names, no policy.
import { isIPv4, isIPv6 } from 'node:net';

/** Kinds of address that matter to the egress policy. `public` is the rest of the internet. */
export type AddressKind =
  | 'public'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'multicast'
  | 'unspecified'
  | 'metadata'
  | 'reserved';

/** The 4 or 16 bytes of a literal, or null. IPv4 inside IPv6 (mapped, compatible, NAT64, 6to4) comes out as IPv4. */
export function addressBytes(literal: string): Uint8Array | null {
  const bare = literal.replace(/%.*$/s, '');
  if (isIPv4(bare)) return Uint8Array.from(bare.split('.'), Number);
  if (!isIPv6(bare)) return null;
  const bytes = ipv6Bytes(bare);
  const offset = embeddedIpv4Offset(bytes);
  return offset === null ? bytes : bytes.slice(offset, offset + 4);
}

/** The 16 bytes of an IPv6 literal without a zone. */
export function ipv6Bytes(literal: string): Uint8Array {
  const dotted = literal.lastIndexOf(':') + 1;
  let text = literal;
  if (literal.includes('.')) {
    const [a, b, c, d] = literal.slice(dotted).split('.').map(Number) as [number, number, number, number];
    text = `${literal.slice(0, dotted)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head, tail] = text.split('::') as [string, string | undefined];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  const bytes = new Uint8Array(16);
  groups.forEach((group, index) => {
    const value = Number.parseInt(group, 16);
    bytes[index * 2] = value >> 8;
    bytes[index * 2 + 1] = value & 0xff;
  });
  return bytes;
}

// Where a gateway or the kernel would take the IPv4 address from: judged by that, not by its wrapping.
function embeddedIpv4Offset(bytes: Uint8Array): number | null {
  const zeros = (from: number, to: number): boolean => bytes.subarray(from, to).every((byte) => byte === 0);
  if (zeros(0, 10) && bytes[10] === 0xff && bytes[11] === 0xff) return 12;
  if (zeros(0, 8) && bytes[8] === 0xff && bytes[9] === 0xff && zeros(10, 12)) return 12;
  if (zeros(0, 12) && !zeros(12, 15)) return 12;
  if (bytes[0] === 0x00 && bytes[1] === 0x64 && bytes[2] === 0xff && bytes[3] === 0x9b) return 12;
  if (bytes[0] === 0x20 && bytes[1] === 0x02) return 2;
  return null;
}

/** What network `bytes` (of `addressBytes`) belong to. */
export function addressKind(bytes: Uint8Array): AddressKind {
  return bytes.length === 4 ? ipv4Kind(bytes) : ipv6Kind(bytes);
}

/** Whether a literal is an address of the machine itself alone. */
export function isLoopback(literal: string): boolean {
  const bytes = addressBytes(literal);
  return bytes !== null && addressKind(bytes) === 'loopback';
}

function ipv4Kind(bytes: Uint8Array): AddressKind {
  const [a, b, c, d] = bytes as unknown as [number, number, number, number];
  if (a === 0) return 'unspecified';
  if (a === 127) return 'loopback';
  if (a === 169 && b === 254) return 'link-local';
  // Clouds that serve their metadata outside the link-local range.
  if (a === 100 && b === 100 && c === 100 && d === 200) return 'metadata';
  if (a === 192 && b === 0 && c === 0) return d === 192 ? 'metadata' : 'reserved';
  if (a === 168 && b === 63 && c === 129 && d === 16) return 'metadata';
  if (a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)) return 'private';
  // Shared address space of carriers (RFC 6598), which VPNs use as well.
  if (a === 100 && b >= 64 && b < 128) return 'private';
  if (a >= 224 && a < 240) return 'multicast';
  if (a >= 240) return 'reserved';
  if (a === 192 && b === 0 && c === 2) return 'reserved';
  if (a === 198 && (b === 18 || b === 19)) return 'reserved';
  if ((a === 198 && b === 51 && c === 100) || (a === 203 && b === 0 && c === 113)) return 'reserved';
  return 'public';
}

const ec2Metadata = ipv6Bytes('fd00:ec2::254');

function ipv6Kind(bytes: Uint8Array): AddressKind {
  const a = bytes[0]!;
  const b = bytes[1]!;
  if (bytes.subarray(0, 15).every((byte) => byte === 0)) {
    if (bytes[15] === 0) return 'unspecified';
    return bytes[15] === 1 ? 'loopback' : 'reserved';
  }
  if (a === 0xff) return 'multicast';
  if (a === 0xfe && (b & 0xc0) === 0x80) return 'link-local';
  if (a === 0xfe && (b & 0xc0) === 0xc0) return 'private';
  if (sameBytes(bytes, ec2Metadata)) return 'metadata';
  if ((a & 0xfe) === 0xfc) return 'private';
  // Only 2000::/3 is handed out; of it, Teredo and documentation lead nowhere a tenant's database is.
  if ((a & 0xe0) !== 0x20) return 'reserved';
  if (a === 0x20 && b === 0x01 && bytes[2] === 0x00 && bytes[3] === 0x00) return 'reserved';
  if (a === 0x20 && b === 0x01 && bytes[2] === 0x0d && bytes[3] === 0xb8) return 'reserved';
  return 'public';
}

/** Equal in length and every byte. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
