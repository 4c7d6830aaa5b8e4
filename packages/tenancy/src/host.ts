// Host names of endpoints: `<endpoint>[-pooler].[<region>.]<domain>`, made and read. Which endpoint exists is not known here.
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

/** The region whose hosts have no label for it: what there was before there were regions keeps its names. */
export const unnamedRegion = 'default';

/** The domain that hosts of a region are under. */
export function domainOfRegion(region: string, domain: string): string {
  return region === unnamedRegion ? domain : `${region}.${domain}`;
}

// Names that the API's own hosts have under the same domain.
const reserved = new Set(['api', 'apiauth']);

/** Whether a region or a cell may be called so: a label of a host name, and none that means something else. */
export function isPlaceName(text: string): boolean {
  return /^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/.test(text) && !reserved.has(text);
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
