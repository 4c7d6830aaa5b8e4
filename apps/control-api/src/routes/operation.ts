// How an operation of the contract becomes a route: its schemas, its scopes, and what its code is given.
import {
  type Operation,
  type OperationId,
  operations,
  problemContentType,
  problemSchema,
  type ReplyOf,
  type RequestPart,
} from '@weir/api-contract';
import type { Author, CallerRecord } from '@weir/catalog';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App, Parts } from '../parts.ts';
import { callerOf } from '../plugins/authenticate-caller.ts';

/** One request to an operation, checked and allowed. */
export interface Call<Id extends OperationId> {
  readonly params: RequestPart<Id, 'params'>;
  readonly query: RequestPart<Id, 'query'>;
  readonly body: RequestPart<Id, 'body'>;
  readonly caller: CallerRecord;
  /** For whatever the request changes. */
  readonly author: Author;
  /** For headers; the status and the body are sent by the operation. */
  readonly reply: FastifyReply;
}

/** What an operation does. Rejects with ApiError; then nothing was changed. */
export type Perform<Id extends OperationId> = (call: Call<Id>, parts: Parts) => Promise<ReplyOf<Id>>;

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

/** Adds the route of one operation. */
export function addOperation<Id extends OperationId>(
  app: App,
  parts: Parts,
  id: Id,
  perform: Perform<Id>,
): void {
  const operation: Operation = operations[id];
  const { method, path, tag, summary, params, query, body, status, reply: replySchema } = operation;
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
      response: { [status]: replySchema, ...problemReplies },
    },
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const caller = callerOf(request);
      const author = { organisationId: caller.organisationId, apiKeyId: caller.id, requestId: request.id };
      const { params, query, body } = request;
      const call = { params, query, body, caller, author, reply } as unknown as Call<Id>;
      const result = await perform(call, parts);
      return reply.code(status).send(result as never);
    },
  });
}

function scopesText({ scopes }: Operation): string {
  if (scopes.length === 0) return 'Any API key will do.';
  return `Needs scope ${scopes.join(' and ')}.`;
}
