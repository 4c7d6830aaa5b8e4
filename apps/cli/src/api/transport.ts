// One request to Weir's HTTP API and its reply, checked against the contract; problem replies become errors that say what to do.
import { type Problem, problemSlug } from '@weir/api-contract';
import { CommandError, exitCodes } from '../command.ts';

/** The API refused; the status tells refusals apart. */
export class ApiProblem extends CommandError {
  override name = 'ApiProblem';
  readonly status: number;
  /** Which problem it is, in the API's own word; null for a reply that is no problem document. */
  readonly slug: string | null;

  constructor(status: number, slug: string | null, message: string, hint: string | null) {
    super(message, { hint, exitCode: exitCodeOf(status) });
    this.status = status;
    this.slug = slug;
  }
}

function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return exitCodes.unauthorized;
  if (status === 404 || status === 410) return exitCodes.notFound;
  return status >= 400 && status < 500 ? exitCodes.refused : exitCodes.failed;
}

export interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

/** Sends one request; a null schema is for replies without a body. Throws ApiProblem, or CommandError without a reply. */
export type Send = <T>(method: string, path: string, schema: Schema<T> | null, body?: unknown) => Promise<T>;

/** Requests to one API with one key, or without. */
export function sendTo(base: string, key: string | null): Send {
  return async <T>(method: string, path: string, schema: Schema<T> | null, body?: unknown) => {
    let reply: Response;
    let text: string;
    try {
      reply = await fetch(base + path, {
        method,
        headers: {
          ...(key !== null && { authorization: `Bearer ${key}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(60_000),
      });
      text = await reply.text();
    } catch (error) {
      const { cause: inner } = error as { cause?: { code?: string; message?: string } };
      const cause = inner?.code ?? inner?.message ?? (error as Error).message;
      throw new CommandError(`the API at ${base} does not answer (${cause})`, {
        hint: 'is it running, and is the address right? npm start runs one here',
        exitCode: exitCodes.unreachable,
        cause: error,
      });
    }
    if (!reply.ok) throw problemOf(reply.status, text);
    if (schema === null) return undefined as T;
    const checked = schema.safeParse(parsed(text));
    if (checked.success) return checked.data;
    throw new CommandError(
      `the API at ${base} answered ${method} ${path} in a way this version does not know`,
      {
        hint: 'use the command line and the control API of one version, and check that the address is that of the API',
      },
    );
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function problemOf(status: number, text: string): ApiProblem {
  const problem = parsed(text) as Problem | null;
  if (typeof problem?.title !== 'string') {
    return new ApiProblem(status, null, `the API answered ${status}: ${text.slice(0, 500)}`, null);
  }
  const fields = problem.errors?.map((error) => `  ${error.field}: ${error.message}`) ?? [];
  return new ApiProblem(
    status,
    problemSlug(problem),
    [problem.detail ? `${problem.title}: ${problem.detail}` : problem.title, ...fields].join('\n'),
    problem.action ?? null,
  );
}
