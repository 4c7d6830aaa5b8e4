// Who is behind an address, as far as limits for each source go.
import { isIPv6 } from 'node:net';
import { ipv6Bytes } from './ip-address.ts';

/** An IPv4 address as it is, of IPv6 its /64: whoever has one address of that has the 2^64 beside it to choose from. */
export function sourceOf(address: string): string {
  const bare = address.replace(/%.*$/s, '');
  if (!isIPv6(bare)) return address;
  const bytes = ipv6Bytes(bare);
  const groups = [0, 2, 4, 6].map((at) => ((bytes[at]! << 8) | bytes[at + 1]!).toString(16));
  return `${groups.join(':')}::/64`;
}
