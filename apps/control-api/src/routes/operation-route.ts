// The route of an operation as far as the contract says it: path, schemas, scopes and replies.
import {
  eventsContentType,
  type Operation,
  type OperationId,
  operations,
  problemContentType,
  problemSchema,
} from '@weir/api-contract';
import { z } from 'zod';

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

/** Everything of a route but what it does. */
export function routeOf(id: OperationId) {
  const operation: Operation = operations[id];
  const { method, path, tag, summary, params, query, body, status, reply } = operation;
  const headers = headersOf(operation);
  return {
    method,
    url: path,
    config: { operation },
    schema: {
      operationId: id,
      summary,
      description: [operation.description, limitText(operation), accessText(operation)]
        .filter(Boolean)
        .join(' '),
      tags: [tag],
      security: operation.isOpen ? [] : [{ apiKey: [...operation.scopes] }],
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { querystring: query }),
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
      response: {
        [status]: operation.hasEvents ? eitherReply(summary, reply) : reply,
        ...problemReplies,
      },
    },
  };
}

function limitText({ requestsPerMinuteMax }: Operation): string {
  return requestsPerMinuteMax === undefined ? '' : `At most ${requestsPerMinuteMax} a minute for a key.`;
}

function accessText({ isOpen, scopes }: Operation): string {
  if (isOpen) return 'Needs no API key.';
  if (scopes.length === 0) return 'Any API key will do.';
  return `Needs scope ${scopes.join(' and ')}.`;
}
