// How an operation that needs a key becomes a route, and what its code is given.
import {
  eventsContentType,
  type OpenOperationId,
  type Operation,
  type OperationId,
  type Operations,
  operations,
  type ReplyOf,
  type RequestPart,
} from '@weir/api-contract';
import type { CallerRecord, KeyAuthor } from '@weir/catalog';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EventStream } from '../live/event-stream.ts';
import type { App, Parts } from '../parts.ts';
import { callerOf } from '../plugins/authenticate-caller.ts';
import { type Create, once } from './once.ts';
import type { PerformOpen } from './open-operation.ts';
import { routeOf } from './operation-route.ts';
import { etagOf, ifMatchOf } from './preconditions.ts';

/** One request to an operation, checked and allowed. */
export interface Call<Id extends OperationId> {
  readonly params: RequestPart<Id, 'params'>;
  readonly query: RequestPart<Id, 'query'>;
  readonly body: RequestPart<Id, 'body'>;
  readonly caller: CallerRecord;
  /** For whatever the request changes. */
  readonly author: KeyAuthor;
  /** For what creates something; once for an Idempotency-Key. Headers of the reply are set inside it. */
  readonly create: Create<ReplyOf<Id>>;
  /** Generations of which one must be the current one; undefined: any. */
  readonly ifGeneration: readonly number[] | undefined;
  /** The caller takes events, which the operation has. */
  readonly wantsEvents: boolean;
  /** For headers; the status and the body are sent by the operation. */
  readonly reply: FastifyReply;
}

/** What an operation does. Rejects with ApiError; then nothing was changed. */
export type Perform<Id extends OperationId> = (
  call: Call<Id>,
  parts: Parts,
) => Promise<ReplyOf<Id> | (HasEvents<Id> extends true ? EventStream : never)>;

type HasEvents<Id extends OperationId> = Operations[Id] extends { hasEvents: true } ? true : false;

/** Every operation with its code: one that is missing, or not in the contract, does not compile. */
export type Performances = {
  readonly [Id in OperationId]: Id extends OpenOperationId ? PerformOpen<Id> : Perform<Id>;
};

/** Adds the route of one operation. */
export function addOperation<Id extends OperationId>(
  app: App,
  parts: Parts,
  id: Id,
  perform: Perform<Id>,
): void {
  const operation: Operation = operations[id];
  app.route({
    ...routeOf(id),
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const caller = callerOf(request);
      const author: KeyAuthor = {
        organisationId: caller.organisationId,
        apiKeyId: caller.id,
        requestId: request.id,
        address: request.ip,
      };
      // Whatever is logged on the way can be found by the request that caused it.
      const log = parts.log.child({ requestId: request.id, apiKeyId: caller.id });
      const result = await once<ReplyOf<Id>, EventStream>(
        { catalog: parts.catalog, author },
        request,
        reply,
        (create) => {
          const { params, query, body } = request;
          const ifGeneration = ifMatchOf(request.headers['if-match']);
          const wantsEvents = operation.hasEvents === true && takesEvents(request);
          const call = { params, query, body, caller, author, create, ifGeneration, wantsEvents, reply };
          return perform(call as unknown as Call<Id>, { ...parts, log }) as Promise<
            ReplyOf<Id> | EventStream
          >;
        },
      );
      if (result instanceof EventStream) {
        // Kept alive, a connection whose stream has ended would hold up an end of the process.
        reply.header('connection', 'close');
        return reply.code(operation.status).type(eventsContentType).send(result.readable);
      }
      if (operation.hasEtag && result !== null) {
        reply.header('etag', etagOf((result as { generation: number }).generation));
      }
      return reply.code(operation.status).send(result as never);
    },
  });
}

function takesEvents({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes(eventsContentType) ?? false;
}
