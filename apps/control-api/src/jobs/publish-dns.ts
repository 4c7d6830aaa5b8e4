// The job that gives each endpoint its DNS records, and takes those of deleted ones back; the endpoint's row says what is due.
import { isIP } from 'node:net';
import { type Catalog, type PlacedEndpoint, pointDueEndpoints, publishedEndpoints } from '@weir/catalog';
import { domainOfRegion, hostOf } from '@weir/tenancy';
import type { DnsChange, DnsProvider, DnsRecord } from '../dns/dns-provider.ts';

/** Where records lead, and who keeps them. */
export interface DnsPublishing {
  readonly provider: DnsProvider;
  /** By cell: one host name, or addresses, of its nodes. */
  readonly targets: ReadonlyMap<string, readonly string[]>;
  readonly domain: string;
}

/**
 * Publishes all that is due. A run rejects with DnsProviderError or the catalog's error; what was not published stays
 * due.
 */
export function dnsJob(
  catalog: Catalog,
  publishing: DnsPublishing,
): (stopping: () => boolean) => Promise<void> {
  let isFirst = true;
  return async (stopping) => {
    for (;;) {
      const found = await publishDue(catalog, publishing, isFirst);
      if (found !== null) isFirst = false;
      if (found !== publishing.provider.endpointsMax || stopping()) return;
    }
  };
}

function publishDue(
  catalog: Catalog,
  { provider, targets, domain }: DnsPublishing,
  isFirst: boolean,
): Promise<number | null> {
  const { place, endpointsMax, keepsWhole } = provider;
  const words = new Map(
    [...targets].map(([cell, values]) => [cell, `${values.join(',')} for ${domain} at ${place}`]),
  );
  const changesOf = (endpoint: PlacedEndpoint, isGone: boolean) =>
    hostsOf(endpoint, domain).map((name): DnsChange => {
      // A cell that only another process knows of has its records from there.
      const values = isGone ? [] : (targets.get(endpoint.cell) ?? []);
      return { name, records: values.map((value) => ({ name, type: typeOf(value), value })) };
    });
  const evenIfNone = isFirst && keepsWhole;
  return pointDueEndpoints(catalog, { targets: words, endpointsMax, evenIfNone }, (due, tx) =>
    provider.publish(
      due.flatMap((one) => changesOf(one, one.isGone)),
      async () => {
        const all = await publishedEndpoints(tx);
        return all.flatMap((one) => changesOf(one, false).flatMap(({ records }) => records));
      },
    ),
  );
}

/** Both hosts of an endpoint, pooled and direct. */
function hostsOf({ id, region }: PlacedEndpoint, domain: string): readonly string[] {
  return [true, false].map((pooled) => hostOf(id, pooled, domainOfRegion(region, domain)));
}

function typeOf(target: string): DnsRecord['type'] {
  const family = isIP(target);
  return family === 4 ? 'A' : family === 6 ? 'AAAA' : 'CNAME';
}
