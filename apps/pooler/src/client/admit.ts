// Lets a client past the rules that need no password: status of the tenant, TLS, number of clients.
import { AddressRanges, type TlsFacts } from '@weir/net';
import type { PublishedEndpoint } from '@weir/tenancy';
import { PoolerError } from '../errors.ts';

/** Client connections by endpoint on this process. */
export class ClientCounts {
  readonly #counts = new Map<string, number>();

  count(endpointId: string): number {
    return this.#counts.get(endpointId) ?? 0;
  }

  /** Takes a place, or answers false when `max` are taken. */
  enter(endpointId: string, max: number): boolean {
    const count = this.count(endpointId);
    if (count >= max) return false;
    this.#counts.set(endpointId, count + 1);
    return true;
  }

  leave(endpointId: string): void {
    const count = this.count(endpointId);
    if (count <= 1) this.#counts.delete(endpointId);
    else this.#counts.set(endpointId, count - 1);
  }
}

/** A place among an endpoint's clients. */
export class Admission {
  #clients: ClientCounts | null;
  readonly #endpointId: string;

  constructor(clients: ClientCounts, endpointId: string) {
    this.#clients = clients;
    this.#endpointId = endpointId;
  }

  /** Gives it back; may be called more than once. */
  leave(): void {
    this.#clients?.leave(this.#endpointId);
    this.#clients = null;
  }
}

/** Throws PoolerError TENANT_SUSPENDED, ENDPOINT_DRAINING, ADDRESS_NOT_ALLOWED, TLS_REQUIRED or CLIENT_LIMIT. */
export function admit(
  endpoint: PublishedEndpoint,
  client: { readonly tls: TlsFacts | null; readonly address: string },
  clients: ClientCounts,
): Admission {
  const { endpointId, tenantName, settings } = endpoint;
  if (endpoint.status === 'suspended') throw new PoolerError('TENANT_SUSPENDED', { tenant: tenantName });
  if (endpoint.orders.draining !== null) throw new PoolerError('ENDPOINT_DRAINING', { endpoint: endpointId });
  if (settings.allowedAddresses !== null && !rangesOf(settings.allowedAddresses).has(client.address)) {
    throw new PoolerError('ADDRESS_NOT_ALLOWED', { endpoint: endpointId, address: client.address });
  }
  if (settings.requireTls && !client.tls) throw new PoolerError('TLS_REQUIRED', { endpoint: endpointId });
  if (!clients.enter(endpointId, settings.clientConnectionsMax)) {
    throw new PoolerError('CLIENT_LIMIT', { tenant: tenantName, limit: settings.clientConnectionsMax });
  }
  return new Admission(clients, endpointId);
}

/** Read once for each list: a list is never changed, only replaced. */
const readRanges = new WeakMap<readonly string[], AddressRanges>();

function rangesOf(texts: readonly string[]): AddressRanges {
  let ranges = readRanges.get(texts);
  if (ranges === undefined) {
    ranges = new AddressRanges(texts);
    readRanges.set(texts, ranges);
  }
  return ranges;
}
