// Whom a change of the allowed addresses would lock out: the person who makes it, and clients that are connected now.
import type { TriedAddressesReply } from '@weir/api-contract';

export interface LockOut {
  /** The person's own address, if it would be refused from now on; else null. */
  readonly own: string | null;
  /** Where clients are connected from that would be refused from now on, those with most connections first. */
  readonly outside: readonly { readonly address: string; readonly count: number }[];
  readonly clientsOutside: number;
  /** Client connections whose address is known. */
  readonly clientsKnown: number;
  /** Those of which it is not. */
  readonly clientsUnknown: number;
}

/** `before` and `after`: what is said of the list in force, and of the one to be. */
export function lockOutOf(before: TriedAddressesReply, after: TriedAddressesReply): LockOut {
  const wasRefused = new Set(
    before.clients.filter(({ isAllowed }) => !isAllowed).map(({ address }) => address),
  );
  const outside = after.clients.filter(({ isAllowed, address }) => !isAllowed && !wasRefused.has(address));
  const { caller, leftOut } = after;
  return {
    own: before.caller.isAllowed && !caller.isAllowed ? caller.address : null,
    outside: outside.map(({ address, count }) => ({ address, count })),
    clientsOutside: sumOf(outside),
    clientsKnown: sumOf(after.clients),
    clientsUnknown: leftOut,
  };
}

/** Whether it locks out the person, or every client that is connected. */
export function isGrave({ own, clientsOutside, clientsKnown, clientsUnknown }: LockOut): boolean {
  return own !== null || (clientsKnown > 0 && clientsOutside === clientsKnown && clientsUnknown === 0);
}

function sumOf(clients: readonly { readonly count: number }[]): number {
  return clients.reduce((sum, { count }) => sum + count, 0);
}
