// Host names of endpoints: `<endpoint>[-pooler].<domain>`, made and read. Which endpoint exists is not known here.
import { type EndpointId, isEndpointId } from './ids.ts';

/** What a client named: an endpoint, and whether its pooled or its direct side. */
export interface EndpointAddress {
  readonly endpointId: EndpointId;
  readonly pooled: boolean;
}

const poolerSuffix = '-pooler';

/** `<endpoint>[-pooler]`, the form used in host names, in `options=endpoint=…` and behind `role.`. */
export function endpointLabel(endpointId: string, pooled: boolean): string {
  return pooled ? endpointId + poolerSuffix : endpointId;
}

/** The host that clients of an endpoint connect to. `domain` may have labels of its own (`eu.example.com`). */
export function hostOf(endpointId: string, pooled: boolean, domain: string): string {
  return `${endpointLabel(endpointId, pooled)}.${domain}`;
}

/** Reads `<endpoint>[-pooler]` in any case; null if it is not of that form. */
export function parseEndpointLabel(label: string): EndpointAddress | null {
  const lower = label.toLowerCase();
  const pooled = lower.endsWith(poolerSuffix);
  const endpointId = pooled ? lower.slice(0, -poolerSuffix.length) : lower;
  return isEndpointId(endpointId) ? { endpointId, pooled } : null;
}

/** Reads a server name as TLS gives it; null if it is under none of `domains` or has no endpoint as its only further label. */
export function parseHost(servername: string, domains: readonly string[]): EndpointAddress | null {
  const lower = servername.toLowerCase();
  // A fully qualified name may carry the root's dot.
  const name = lower.endsWith('.') ? lower.slice(0, -1) : lower;
  for (const domain of domains) {
    const suffix = `.${domain.toLowerCase()}`;
    if (!name.endsWith(suffix)) continue;
    const address = parseEndpointLabel(name.slice(0, -suffix.length));
    if (address !== null) return address;
  }
  return null;
}
