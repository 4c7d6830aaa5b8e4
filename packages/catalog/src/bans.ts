// What the catalog says of bans: nothing but that somebody ended them. Bans themselves are shared state.
import { note } from './audit.ts';
import type { Change } from './catalog.ts';
import type { EndpointRecord } from './records.ts';

/** `source` null: of all sources. */
export function noteBansCleared(
  change: Change,
  endpoint: EndpointRecord,
  source: string | null,
  cleared: number,
): Promise<void> {
  return note(change, {
    action: 'endpoint.clear-bans',
    targetId: endpoint.id,
    tenantId: endpoint.tenantId,
    after: { source, cleared },
  });
}
