// A client with one method for each operation, made from the contract. Who sends the request is handed in.
import type { z } from 'zod';
import type { Operation } from './operations/operation.ts';
import {
  type OperationId,
  operationIds,
  operations,
  type ReplyOf,
  type RequestPartInput,
} from './operations/operations.ts';
import { pathOf, queryOf } from './paths.ts';
import { type Problem, problemSchema } from './problem.ts';

/** A request, ready but for the API's address and the key. */
export interface ApiRequest {
  readonly method: Operation['method'];
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; null: none. */
  readonly body: string | null;
}

export interface ApiResponse {
  readonly status: number;
  readonly text: string;
}

/** Sends a request to an API with a key. Rejects if no reply comes. */
export type SendRequest = (request: ApiRequest) => Promise<ApiResponse>;

type Given<Name extends string, Value> = [Value] extends [undefined]
  ? unknown
  : Record<never, never> extends Value
    ? { readonly [Key in Name]?: Value }
    : { readonly [Key in Name]: Value };

/** What an operation is called with. */
export type CallInput<Id extends OperationId> = Given<'params', RequestPartInput<Id, 'params'>> &
  Given<'query', RequestPartInput<Id, 'query'>> &
  Given<'body', RequestPartInput<Id, 'body'>> & {
    /** For creations: a repetition under the same key gets the same reply. */
    readonly idempotencyKey?: string;
    /** For changes: the generation that was read; another one is refused with 412. */
    readonly ifGeneration?: number;
  };

/** Each rejects with ApiCallError, or as the sender does. */
export type ApiClient = {
  readonly [Id in OperationId]: (input: CallInput<Id>) => Promise<ReplyOf<Id>>;
};

/** The API answered with an error, or with something that the contract does not know (`problem` is null). */
export class ApiCallError extends Error {
  override name = 'ApiCallError';
  readonly status: number;
  readonly problem: Problem | null;

  constructor(id: OperationId, status: number, problem: Problem | null) {
    super(
      problem === null
        ? `${id}: the reply, with status ${status}, is not as the contract says`
        : `${id}: ${problem.detail ?? problem.title}`,
    );
    this.status = status;
    this.problem = problem;
  }
}

/** The whole API over `send`. */
export function createApiClient(send: SendRequest): ApiClient {
  const methods = operationIds.map((id) => [id, (input: LooseInput) => callOperation(send, id, input)]);
  return Object.fromEntries(methods) as ApiClient;
}

interface LooseInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly ifGeneration?: number;
}

async function callOperation(send: SendRequest, id: OperationId, input: LooseInput): Promise<unknown> {
  const { method, reply }: { method: Operation['method']; reply: z.ZodType } = operations[id];
  const { params, query = {}, body, idempotencyKey, ifGeneration } = input;
  const { status, text } = await send({
    method,
    path: pathOf(id, params) + queryOf(query),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      ...(ifGeneration === undefined ? {} : { 'if-match': `"${ifGeneration}"` }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const value = text === '' ? null : parsed(text);
  if (status >= 400) throw new ApiCallError(id, status, problemSchema.safeParse(value).data ?? null);
  const checked = reply.safeParse(value);
  if (!checked.success) throw new ApiCallError(id, status, null);
  return checked.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
