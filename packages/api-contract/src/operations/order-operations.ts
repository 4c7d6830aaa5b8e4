// Operations by which pools are held, renewed and ended.
import { endpointParamsSchema } from '../identity.ts';
import {
  drainBodySchema,
  orderReplySchema,
  orderScopeBodySchema,
  ordersQuerySchema,
  ordersReachSchema,
} from '../orders.ts';
import type { Operation } from './operation.ts';

const order = {
  method: 'POST',
  tag: 'endpoints',
  scopes: ['write'],
  isIdempotent: true,
  params: endpointParamsSchema,
  body: orderScopeBodySchema,
  status: 200,
  reply: orderReplySchema,
} as const;

export const orderOperations = {
  pausePools: {
    ...order,
    path: '/v1/endpoints/:endpointId/pause',
    summary: 'Pause pools: transactions under way end, everybody else waits within their deadline',
    description:
      'Server connections are closed as they come free, so that the database can be restarted. New direct connections wait too; those that are open go on.',
  },
  resumePools: {
    ...order,
    path: '/v1/endpoints/:endpointId/resume',
    summary: 'End every pause within what is named, and without role and database also a drain',
  },
  reconnectPools: {
    ...order,
    path: '/v1/endpoints/:endpointId/reconnect',
    summary: 'Replace server connections: those made before are closed at release, none in a transaction',
    description:
      'A connection that stays with one client (pinned, listening or direct) goes with its client.',
  },
  killPools: {
    ...order,
    path: '/v1/endpoints/:endpointId/kill',
    summary: 'End every client and server connection now, whatever it is doing',
    description:
      'Clients may connect again at once; pause first if they shall wait. GET …/orders tells which poolers have done it.',
  },
  drainEndpoint: {
    ...order,
    path: '/v1/endpoints/:endpointId/drain',
    summary: 'Refuse new clients, and end those in no transaction one after the other',
    description:
      'Those in a transaction are ended after it. Direct connections are refused and not ended. A resume without role and database takes it back.',
    body: drainBodySchema,
  },
  getOrders: {
    method: 'GET',
    path: '/v1/endpoints/:endpointId/orders',
    tag: 'endpoints',
    summary: 'What stands of pauses, reconnects, kills and drains, and which poolers have carried it out',
    scopes: ['read'],
    params: endpointParamsSchema,
    query: ordersQuerySchema,
    status: 200,
    reply: ordersReachSchema,
  },
} as const satisfies Record<string, Operation>;

/** Those that give an order. */
export type OrderOperationId = Exclude<keyof typeof orderOperations, 'getOrders'>;
