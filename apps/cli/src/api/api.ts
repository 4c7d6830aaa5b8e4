// The HTTP API as the commands call it: the client that is made from the contract, taking words as they were typed.
import {
  ApiCallError,
  type CallInput,
  createApiClient,
  type OperationId,
  operationIds,
  operations,
  pathOf,
  type ReplyOf,
} from '@weir/api-contract';
import { CommandError } from '../command.ts';
import { sendTo } from './transport.ts';

/** Any text where the contract has ids and words of a list: the API names what is wrong with one. */
type AsTyped<Value> = Value extends string
  ? string
  : Value extends readonly (infer Item)[]
    ? readonly AsTyped<Item>[]
    : Value extends object
      ? { readonly [Name in keyof Value]: AsTyped<Value[Name]> }
      : Value;

/** What was not typed may be missing from a body, too: the API names what must be there. */
type LooseInput<Input> = {
  readonly [Part in keyof Input]: Part extends 'body'
    ? { readonly [Name in keyof Input[Part]]?: AsTyped<Input[Part][Name]> | undefined }
    : AsTyped<Input[Part]>;
};

/** One method for each operation. Each throws ApiProblem, or CommandError where no reply comes that is known here. */
export type Api = { readonly url: string } & {
  readonly [Id in OperationId]: (input: LooseInput<CallInput<Id>>) => Promise<ReplyOf<Id>>;
};

/** The API at an address, called with one key, or without for what needs none. */
export function apiAt(url: string, key: string | null): Api {
  const base = url.replace(/\/+$/, '');
  const client = createApiClient(sendTo(base, key));
  const methods = operationIds.map((id) => [
    id,
    async (input: { readonly params?: Readonly<Record<string, string>> }) => {
      try {
        return await client[id](input as never);
      } catch (error) {
        throw error instanceof ApiCallError ? unknownReply(base, id, input.params) : error;
      }
    },
  ]);
  return { url: base, ...Object.fromEntries(methods) };
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** All items of a list that comes page by page; `ask` is given the query of each. */
export async function allPages<Item>(
  ask: (query: { limit: number; cursor: string | undefined }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask({ limit: 200, cursor });
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

// What the API refuses is an ApiProblem already, made where its text is at hand.
export function unknownReply(
  base: string,
  id: OperationId,
  params?: Readonly<Record<string, string>>,
): CommandError {
  return new CommandError(
    `the API at ${base} answered ${operations[id].method} ${pathOf(id, params)} in a way this version does not know`,
    {
      hint: 'use the command line and the control API of one version, and check that the address is that of the API',
    },
  );
}
