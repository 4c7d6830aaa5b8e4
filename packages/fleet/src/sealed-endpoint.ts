// A published endpoint as it leaves a process: sealed as a whole, bound to its id, epoch and generation.
import { completeSettings, noOrders, type PublishedEndpoint } from '@weir/tenancy';
import type { SealKey } from './seal-keys.ts';
import { open, type SealContext, SealError, type SealedBox, seal } from './sealing.ts';

/** What the seal is bound to besides the key id. `place` keeps records of one store from being read in another. */
export interface EndpointSealContext {
  readonly place: 'published' | 'snapshot';
  readonly endpointId: string;
  readonly epoch: number;
  readonly generation: number;
}

export function sealEndpoint(
  keys: readonly SealKey[],
  place: EndpointSealContext['place'],
  endpoint: PublishedEndpoint,
  epoch: number,
): SealedBox {
  const { endpointId, generation } = endpoint;
  return seal(keys, contextOf({ place, endpointId, epoch, generation }), JSON.stringify(endpoint));
}

/** Filled with defaults where an earlier release sealed it. Throws SealError if it was sealed for anything but `context`. */
export function openEndpoint(
  keys: readonly SealKey[],
  context: EndpointSealContext,
  sealed: SealedBox,
): PublishedEndpoint {
  const endpoint = JSON.parse(open(keys, contextOf(context), sealed)) as PublishedEndpoint;
  // Cannot differ unless a holder of the key sealed nonsense; checked since everything after relies on it.
  if (endpoint.endpointId !== context.endpointId || endpoint.generation !== context.generation) {
    throw new SealError('the sealed record names another endpoint than its seal');
  }
  return {
    ...endpoint,
    kind: endpoint.kind ?? 'read_write',
    region: endpoint.region ?? 'default',
    cell: endpoint.cell ?? 'default',
    settings: completeSettings(endpoint.settings),
    roles: endpoint.roles.map((role) => ({ ...role, previous: role.previous ?? null })),
    credentials: endpoint.credentials ?? [],
    orders: endpoint.orders ?? noOrders,
    mockSecret: endpoint.mockSecret ?? null,
  };
}

function contextOf(context: EndpointSealContext): SealContext {
  return ['weir endpoint 1', context.place, context.endpointId, context.epoch, context.generation];
}
