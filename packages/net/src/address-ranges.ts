// Lists of addresses and ranges in CIDR notation, and whether an address is within one of them.
import { isIPv4, isIPv6 } from 'node:net';
import { addressBytes, ipv6Bytes } from './ip-address.ts';

/** Whether `text` is an address, or a range in CIDR notation. */
export function isAddressRange(text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  const bitsMax = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  if (bitsMax < 0 || more !== undefined) return false;
  return bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= bitsMax);
}

interface Range {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** Ranges such as `10.0.0.0/8`, `2001:db8::/32` and single addresses. IPv4 and IPv6 never match each other. */
export class AddressRanges {
  private readonly ranges: readonly Range[];

  /** What cannot be read matches nothing. */
  constructor(texts: readonly string[]) {
    this.ranges = texts.flatMap((text) => {
      const [literal, bits] = text.split('/') as [string, string | undefined];
      const bytes = plainBytes(literal);
      return bytes === null ? [] : [{ bytes, bits: bits === undefined ? bytes.length * 8 : Number(bits) }];
    });
  }

  /** IPv4 mapped into IPv6 counts as IPv4; a zone (`%eth0`) does not matter. */
  has(literal: string): boolean {
    const bytes = plainBytes(literal.replace(/%.*$/s, ''));
    return bytes !== null && this.ranges.some((range) => isWithin(bytes, range));
  }
}

// Unlike the egress policy's reading, an address within 6to4 or NAT64 stays IPv6: nobody is let in by what it wraps.
function plainBytes(literal: string): Uint8Array | null {
  if (!isIPv6(literal)) return addressBytes(literal);
  const bytes = ipv6Bytes(literal);
  const isMapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return isMapped ? bytes.slice(12) : bytes;
}

function isWithin(bytes: Uint8Array, range: Range): boolean {
  if (bytes.length !== range.bytes.length) return false;
  for (let bit = 0; bit < range.bits; bit += 8) {
    const mask = range.bits - bit >= 8 ? 0xff : 0xff << (8 - (range.bits - bit));
    if (((bytes[bit >> 3]! ^ range.bytes[bit >> 3]!) & mask & 0xff) !== 0) return false;
  }
  return true;
}
