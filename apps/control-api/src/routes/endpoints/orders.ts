// POST /v1/endpoints/:endpointId/pause, resume, reconnect, kill, drain; GET …/orders: what stands, and who has done it.
import type { OrderOperationId, OrderReply } from '@weir/api-contract';
import { orderEndpoint } from '@weir/catalog';
import { type Order, ordersMax } from '@weir/tenancy';
import { ApiError } from '../../errors.ts';
import { awaitReach } from '../../tenants/order-reach.ts';
import type { Call, Perform } from '../operation.ts';

export const pausePools: Perform<'pausePools'> = (call) => give(call, { kind: 'pause', ...call.body });
export const resumePools: Perform<'resumePools'> = (call) => give(call, { kind: 'resume', ...call.body });
export const reconnectPools: Perform<'reconnectPools'> = (call) =>
  give(call, { kind: 'reconnect', ...call.body });
export const killPools: Perform<'killPools'> = (call) => give(call, { kind: 'kill', ...call.body });
export const drainEndpoint: Perform<'drainEndpoint'> = (call) => give(call, { kind: 'drain', ...call.body });

function give({ create, params }: Pick<Call<OrderOperationId>, 'create' | 'params'>, order: Order) {
  return create(async (change): Promise<OrderReply> => {
    const { endpointId } = params;
    const ordered = await orderEndpoint(change, endpointId, order);
    if (ordered === 'absent') throw new ApiError('endpoint-not-found');
    if (ordered === 'paused-wider') throw new ApiError('paused-wider');
    if (ordered === 'too-many') {
      throw new ApiError('too-many-pauses', { detail: `${ordersMax} pauses of pools stand already` });
    }
    return {
      endpointId,
      generation: ordered.generation,
      orders: { ...ordered.orders, pools: [...ordered.orders.pools] },
    };
  });
}

export const getOrders: Perform<'getOrders'> = async ({ params, query, caller, reply }, parts) => {
  reply.header('cache-control', 'no-store');
  return awaitReach(parts, caller.organisationId, params.endpointId, query);
};
