// Where DNS records of endpoints are kept, as one contract: whoever serves the zone is somebody else's program.

/** One name of an endpoint. */
export interface DnsRecord {
  /** Without a dot at its end. */
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly value: string;
}

/** A name that is to lead somewhere, or nowhere any more. */
export interface DnsChange {
  readonly name: string;
  /** All of its records; empty: it has none any more. */
  readonly records: readonly DnsRecord[];
}

export interface DnsProvider {
  /** Who it is, with no secret in it: another one has been told nothing yet. */
  readonly place: string;
  /** It keeps all records as a whole, and is told them when the process starts, whatever became of the place meanwhile. */
  readonly keepsWhole: boolean;
  /** Most endpoints whose changes it takes at once. */
  readonly endpointsMax: number;
  /**
   * Resolves once the changes are kept. The same changes may come again, and in the order in which they were made: then
   * nothing is different. `all` has every record that there is after them, for who keeps them as a whole. Rejects with
   * DnsProviderError.
   */
  publish(changes: readonly DnsChange[], all: () => Promise<readonly DnsRecord[]>): Promise<void>;
}

/** Nothing was published; all of it is to be tried again. */
export class DnsProviderError extends Error {
  override name = 'DnsProviderError';
}

/** How long resolvers may keep a record: what a move to another cell waits for. */
export const ttlSeconds = 60;
