// Which poolers have carried out what was ordered of an endpoint, as far as they have reported.
import { setTimeout as wait } from 'node:timers/promises';
import type { OrdersReachReply } from '@weir/api-contract';
import type { Fleet } from '@weir/fleet';
import type { Parts } from '../parts.ts';
import { findOwnEndpoint } from './find-own-endpoint.ts';

const lookEachMs = 100;

/** Answers once every pooler has the generation, or `waitMs` have passed. Throws ApiError `endpoint-not-found`. */
export async function awaitReach(
  parts: Pick<Parts, 'catalog' | 'fleet'>,
  organisationId: string,
  endpointId: string,
  { generation: wanted, waitMs }: { readonly generation?: number | undefined; readonly waitMs: number },
): Promise<OrdersReachReply> {
  const { id, generation: current, orders } = await findOwnEndpoint(parts, organisationId, endpointId);
  const generation = wanted ?? current;
  const endAt = performance.now() + waitMs;
  for (;;) {
    const poolers = await reachOf(parts.fleet, id, generation);
    const reached = poolers.every(({ state }) => state === 'done' || state === 'unused');
    if (reached || performance.now() >= endAt) {
      return {
        endpointId: id as OrdersReachReply['endpointId'],
        generation,
        orders: { ...orders, pools: [...orders.pools] },
        reached,
        poolers,
      };
    }
    await wait(lookEachMs);
  }
}

async function reachOf(
  { registry, directory }: Pick<Fleet, 'registry' | 'directory'>,
  endpointId: string,
  generation: number,
): Promise<OrdersReachReply['poolers']> {
  // Whoever does not serve the endpoint yet reads the record when it begins to; until it is there that tells nothing.
  const record = await directory.lookUp(endpointId);
  const isThere = record.kind === 'found' && record.endpoint.generation >= generation;
  const reports = await registry.all();
  const poolers = reports.map(({ processId, endpoints }): OrdersReachReply['poolers'][number] => {
    const served = endpoints[endpointId];
    if (served === undefined) return { processId, state: isThere ? 'unused' : 'behind' };
    return { processId, state: served.generation >= generation ? 'done' : 'behind' };
  });
  const silent = (await registry.silent()).map((processId) => ({ processId, state: 'silent' as const }));
  return [...poolers, ...silent];
}
