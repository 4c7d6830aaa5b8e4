// The job that gives each endpoint its DNS records, and takes those of deleted ones back; the endpoint's row says what is due.
import { isIP } from 'node:net';
import { type Catalog, pointDueEndpoints, publishedEndpointIds } from '@weir/catalog';
import { hostOf } from '@weir/tenancy';
import type { DnsChange, DnsProvider, DnsRecord } from '../dns/dns-provider.ts';

/** Where records lead, and who keeps them. */
export interface DnsPublishing {
  readonly provider: DnsProvider;
  /** One host name, or addresses, of the nodes that serve the endpoints. */
  readonly targets: readonly string[];
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
  const target = `${targets.join(',')} for ${domain} at ${place}`;
  const evenIfNone = isFirst && keepsWhole;
  return pointDueEndpoints(catalog, { target, endpointsMax, evenIfNone }, (due, tx) =>
    provider.publish(
      due.flatMap(({ id, isGone }) => changesOf(id, isGone ? [] : targets, domain)),
      async () => {
        const ids = await publishedEndpointIds(tx);
        return ids.flatMap((id) => changesOf(id, targets, domain).flatMap(({ records }) => records));
      },
    ),
  );
}

/** Both hosts of an endpoint, pooled and direct. */
function changesOf(endpointId: string, targets: readonly string[], domain: string): DnsChange[] {
  return [true, false].map((pooled) => {
    const name = hostOf(endpointId, pooled, domain);
    return { name, records: targets.map((value): DnsRecord => ({ name, type: typeOf(value), value })) };
  });
}

function typeOf(target: string): DnsRecord['type'] {
  const family = isIP(target);
  return family === 4 ? 'A' : family === 6 ? 'AAAA' : 'CNAME';
}
