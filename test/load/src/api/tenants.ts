// Makes the tenants that the benchmark asks about, through the API as anybody would, and knows their names.
import type { CreateTenantReply, TenantPageReply } from '@weir/api-contract';
import type { ControlPlane } from '../control-plane.ts';

/** More only queue in control-api and its ten connections to the catalog. */
const createsAtOnce = 8;
export const pageLimit = 50;
const areas = ['shop', 'blog', 'billing', 'search', 'events', 'media', 'auth', 'geo', 'mail', 'chat'];

export interface Made {
  readonly tenantId: string;
  readonly endpointId: string;
  readonly name: string;
}

/** Ten words begin the names, so that a search for one of them finds a tenth of all. */
export function nameOf(index: number): string {
  return `${areas[index % areas.length]}-${String(index).padStart(6, '0')}`;
}

export function areaOf(index: number): string {
  return areas[index % areas.length]!;
}

/** Creates tenants number `from` to `to` - 1. `say` is told now and then how many there are. */
export async function createTenants(
  { api, tenantBody }: ControlPlane,
  from: number,
  to: number,
  say: (line: string) => void,
): Promise<Made[]> {
  const made: Made[] = [];
  let next = from;
  const createSome = async () => {
    while (next < to) {
      const name = nameOf(next++);
      const reply = await api.call<CreateTenantReply>('POST', '/v1/tenants', tenantBody(name));
      made.push({ tenantId: reply.tenant.id, endpointId: reply.endpoint.id, name });
      if (made.length % 1000 === 0) say(`${made.length} tenants made`);
    }
  };
  await Promise.all(Array.from({ length: createsAtOnce }, createSome));
  return made;
}

/** The cursors of all pages, in order. */
export async function walkPages({ api }: ControlPlane): Promise<string[]> {
  const cursors: string[] = [];
  let cursor: string | null = null;
  do {
    const at: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: TenantPageReply = await api.call('GET', `/v1/tenants?limit=${pageLimit}${at}`);
    cursor = page.nextCursor;
    if (cursor !== null) cursors.push(cursor);
  } while (cursor !== null);
  return cursors;
}
