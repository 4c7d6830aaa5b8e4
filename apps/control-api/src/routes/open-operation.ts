// How an operation that needs no key becomes a route, and what its code is given.
import {
  type OpenOperationId,
  type Operation,
  operations,
  type ReplyOf,
  type RequestPart,
} from '@weir/api-contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App, Parts } from '../parts.ts';
import { routeOf } from './operation-route.ts';

/** One request to an operation, checked. Who may have what it asks for, the operation itself finds out. */
export interface OpenCall<Id extends OpenOperationId> {
  readonly body: RequestPart<Id, 'body'>;
  readonly requestId: string;
  /** Where the request came from. */
  readonly address: string;
}

/** What an operation does. Rejects with ApiError; then nothing was changed. */
export type PerformOpen<Id extends OpenOperationId> = (
  call: OpenCall<Id>,
  parts: Parts,
) => Promise<ReplyOf<Id>>;

/** Adds the route of one operation. */
export function addOpenOperation<Id extends OpenOperationId>(
  app: App,
  parts: Parts,
  id: Id,
  perform: PerformOpen<Id>,
): void {
  const { status }: Operation = operations[id];
  app.route({
    ...routeOf(id),
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const log = parts.log.child({ requestId: request.id });
      const { body, id: requestId, ip: address } = request;
      const call = { body: body as RequestPart<Id, 'body'>, requestId, address };
      return reply.code(status).send((await perform(call, { ...parts, log })) as never);
    },
  });
}
