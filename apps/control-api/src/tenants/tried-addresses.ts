// Whom a list of allowed addresses would let in, of the clients that all processes report of one endpoint and the caller.
import type { TriedAddressesReply } from '@weir/api-contract';
import type { ProcessReport } from '@weir/fleet';
import { AddressRanges } from '@weir/net';

/** `allowed`: null lets in everybody. Judged by the code that poolers judge with. */
export function triedAddresses(
  endpointId: string,
  allowed: readonly string[] | null,
  callerAddress: string,
  reports: readonly ProcessReport[],
): TriedAddressesReply {
  const ranges = allowed === null ? null : new AddressRanges(allowed);
  const isAllowed = (address: string) => ranges === null || ranges.has(address);
  const counts = new Map<string, number>();
  let leftOut = 0;
  for (const { endpoints } of reports) {
    const addresses = endpoints[endpointId]?.addresses;
    if (addresses === undefined) continue;
    leftOut += addresses.leftOut;
    for (const [address, count] of Object.entries(addresses.clients)) {
      counts.set(address, (counts.get(address) ?? 0) + count);
    }
  }
  return {
    endpointId: endpointId as TriedAddressesReply['endpointId'],
    caller: { address: callerAddress, isAllowed: isAllowed(callerAddress) },
    clients: [...counts]
      .map(([address, count]) => ({ address, count, isAllowed: isAllowed(address) }))
      .sort((one, other) => other.count - one.count),
    leftOut,
  };
}
