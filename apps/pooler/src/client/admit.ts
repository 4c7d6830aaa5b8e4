// Lets a client past the rules that need no password: status of the tenant, TLS, number of clients.
import { addressesReportedMax, type ClientAddresses } from '@weir/fleet';
import { AddressRanges, type TlsFacts } from '@weir/net';
import type { PublishedEndpoint } from '@weir/tenancy';
import { PoolerError } from '../errors.ts';

interface Counted {
  clients: number;
  /** Those whose address came first are first. */
  readonly byAddress: Map<string, number>;
}

/** Client connections on this process, by endpoint and the address they come from. */
export class ClientCounts {
  readonly #endpoints = new Map<string, Counted>();

  count(endpointId: string): number {
    return this.#endpoints.get(endpointId)?.clients ?? 0;
  }

  /** Takes a place, or answers false when `max` are taken. */
  enter(endpointId: string, address: string, max: number): boolean {
    const counted = this.#endpoints.get(endpointId) ?? { clients: 0, byAddress: new Map() };
    if (counted.clients >= max) return false;
    counted.clients++;
    counted.byAddress.set(address, (counted.byAddress.get(address) ?? 0) + 1);
    this.#endpoints.set(endpointId, counted);
    return true;
  }

  leave(endpointId: string, address: string): void {
    const counted = this.#endpoints.get(endpointId);
    if (counted === undefined) return;
    counted.clients--;
    const left = (counted.byAddress.get(address) ?? 0) - 1;
    if (left > 0) counted.byAddress.set(address, left);
    else counted.byAddress.delete(address);
    if (counted.clients <= 0) this.#endpoints.delete(endpointId);
  }

  /** Where an endpoint's clients come from: of `addressesReportedMax` addresses how many, of the others only the sum. */
  addressesOf(endpointId: string): ClientAddresses {
    const listed: [string, number][] = [];
    let leftOut = this.count(endpointId);
    for (const entry of this.#endpoints.get(endpointId)?.byAddress ?? []) {
      if (listed.length >= addressesReportedMax) break;
      listed.push(entry);
      leftOut -= entry[1];
    }
    return { clients: Object.fromEntries(listed), leftOut };
  }
}

/** A place among an endpoint's clients. */
export class Admission {
  #clients: ClientCounts | null;
  readonly #endpointId: string;
  readonly #address: string;

  constructor(clients: ClientCounts, endpointId: string, address: string) {
    this.#clients = clients;
    this.#endpointId = endpointId;
    this.#address = address;
  }

  /** Gives it back; may be called more than once. */
  leave(): void {
    this.#clients?.leave(this.#endpointId, this.#address);
    this.#clients = null;
  }
}

/** Throws PoolerError ENDPOINT_SUSPENDED, ENDPOINT_DRAINING, ADDRESS_NOT_ALLOWED, TLS_REQUIRED or CLIENT_LIMIT. */
export function admit(
  endpoint: PublishedEndpoint,
  client: { readonly tls: TlsFacts | null; readonly address: string },
  clients: ClientCounts,
): Admission {
  const { endpointId, tenantName, settings } = endpoint;
  if (endpoint.status === 'suspended')
    throw new PoolerError('ENDPOINT_SUSPENDED', { endpoint: endpointId, tenant: tenantName });
  if (endpoint.orders.draining !== null) throw new PoolerError('ENDPOINT_DRAINING', { endpoint: endpointId });
  if (settings.allowedAddresses !== null && !rangesOf(settings.allowedAddresses).has(client.address)) {
    throw new PoolerError('ADDRESS_NOT_ALLOWED', { endpoint: endpointId, address: client.address });
  }
  if (settings.requireTls && !client.tls) throw new PoolerError('TLS_REQUIRED', { endpoint: endpointId });
  if (!clients.enter(endpointId, client.address, settings.clientConnectionsMax)) {
    throw new PoolerError('CLIENT_LIMIT', { tenant: tenantName, limit: settings.clientConnectionsMax });
  }
  return new Admission(clients, endpointId, client.address);
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
