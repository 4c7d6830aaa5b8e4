// How many server connections an upstream may hold, from the memory of its machine and what the server itself allows.
import type { Sizing } from './published-endpoint.ts';

/** Memory that one connection is reckoned to need; the divisor that managed Postgres services size by. */
export const divisorBytesDefault = 9_531_392;

/** No upstream gets more connections than this, whatever its memory. */
export const connectionsCapDefault = 4000;

/** Connections left free for people, monitoring and Weir's own service connection. */
export const reserveDefault = 7;

export const gibibyte = 1_073_741_824;

/** What a sizing is computed from. */
export interface SizingInput {
  readonly ramBytes: number;
  readonly divisorBytes?: number | undefined;
  readonly cap?: number | undefined;
  readonly reserve?: number | undefined;
  /** `max_connections` of the server; null while it has not been probed. */
  readonly maxConnections: number | null;
  /** `superuser_reserved_connections` and, from 16 on, `reserved_connections` together; null while not probed. */
  readonly reservedConnections: number | null;
}

/** Connections that the memory pays for: `floor(ramBytes / divisorBytes)`, at most `cap`. Before any reserve. */
export function connectionsByRam(
  ramBytes: number,
  divisorBytes: number = divisorBytesDefault,
  cap: number = connectionsCapDefault,
): number {
  return Math.min(Math.floor(ramBytes / divisorBytes), cap);
}

/**
 * The sizing of an upstream: the lowest of memory, cap and what the server leaves to ordinary roles, less the
 * reserve, and at least 1. Throws RangeError when a number is not a safe integer of its range.
 */
export function computeSizing(input: SizingInput): Sizing {
  const divisorBytes = input.divisorBytes ?? divisorBytesDefault;
  const cap = input.cap ?? connectionsCapDefault;
  const reserve = input.reserve ?? reserveDefault;
  requireInteger('ramBytes', input.ramBytes, 1);
  requireInteger('divisorBytes', divisorBytes, 1);
  requireInteger('cap', cap, 1);
  requireInteger('reserve', reserve, 0);
  const byRam = connectionsByRam(input.ramBytes, divisorBytes, cap);
  const byServer =
    input.maxConnections === null
      ? Number.POSITIVE_INFINITY
      : input.maxConnections - (input.reservedConnections ?? 0);
  return {
    ramBytes: input.ramBytes,
    divisorBytes,
    cap,
    reserve,
    maxConnections: input.maxConnections,
    reservedConnections: input.reservedConnections,
    budget: Math.max(1, Math.min(byRam, byServer) - reserve),
  };
}

function requireInteger(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be an integer of at least ${least}, not ${value}`);
  }
}
