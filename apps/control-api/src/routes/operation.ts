// How an operation of the contract becomes a route: its schemas, its scopes, and what its code is given.
import {
  eventsContentType,
  type Operation,
  type OperationId,
  type Operations,
  operations,
  problemContentType,
  problemSchema,
  type ReplyOf,
  type RequestPart,
} from '@weir/api-contract';
import type { Author, CallerRecord } from '@weir/catalog';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { EventStream } from '../live/event-stream.ts';
import type { App, Parts } from '../parts.ts';
import { callerOf } from '../plugins/authenticate-caller.ts';
import { type Create, once } from './once.ts';
import { etagOf, ifMatchOf } from './preconditions.ts';

/** One request to an operation, checked and allowed. */
export interface Call<Id extends OperationId> {
  readonly params: RequestPart<Id, 'params'>;
  readonly query: RequestPart<Id, 'query'>;
  readonly body: RequestPart<Id, 'body'>;
  readonly caller: CallerRecord;
  /** For whatever the request changes. */
  readonly author: Author;
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
export type Performances = { readonly [Id in OperationId]: Perform<Id> };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation behind a route. Every route that needs a key has one. */
    operation?: Operation;
  }
}

const problemReply = (description: string) => ({
  description,
  content: { [problemContentType]: { schema: problemSchema } },
});

/** Reply schemas that all operations share. */
const problemReplies = {
  '4xx': problemReply('The request cannot be done as it is'),
  '5xx': problemReply('Weir cannot do it now'),
};

/** One value, or the same again and again as events. */
const eitherReply = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema }, [eventsContentType]: { schema } },
});

const idempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable characters without spaces')
    .optional()
    .describe('Of your choice, new for each creation: a repetition within 24 hours gets the same reply'),
});

const preconditionHeaders = z.looseObject({
  'if-match': z
    .string()
    .max(1000)
    .optional()
    .describe('ETags of which one must be current, or the reply is 412 and nothing is changed'),
});

function headersOf({ isIdempotent, hasEtag, method }: Operation): z.ZodType | undefined {
  if (isIdempotent) return idempotencyHeaders;
  return hasEtag && method !== 'GET' ? preconditionHeaders : undefined;
}

/** Adds the route of one operation. */
export function addOperation<Id extends OperationId>(
  app: App,
  parts: Parts,
  id: Id,
  perform: Perform<Id>,
): void {
  const operation: Operation = operations[id];
  const { method, path, tag, summary, params, query, body, status, reply: replySchema } = operation;
  const headers = headersOf(operation);
  app.route({
    method,
    url: path,
    config: { operation },
    schema: {
      operationId: id,
      summary,
      description: [operation.description, scopesText(operation)].filter(Boolean).join(' '),
      tags: [tag],
      security: [{ apiKey: [...operation.scopes] }],
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { querystring: query }),
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
      response: {
        [status]: operation.hasEvents ? eitherReply(summary, replySchema) : replySchema,
        ...problemReplies,
      },
    },
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const caller = callerOf(request);
      const author: Author = {
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
        return reply.code(status).type(eventsContentType).send(result.readable);
      }
      if (operation.hasEtag && result !== null) {
        reply.header('etag', etagOf((result as { generation: number }).generation));
      }
      return reply.code(status).send(result as never);
    },
  });
}

function takesEvents({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes(eventsContentType) ?? false;
}

function scopesText({ scopes }: Operation): string {
  if (scopes.length === 0) return 'Any API key will do.';
  return `Needs scope ${scopes.join(' and ')}.`;
}
