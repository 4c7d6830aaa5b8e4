// How a request goes to Weir's HTTP API, and how what it refuses becomes an error that says what to do.
import { type ApiRequest, type Problem, problemSlug, type SendRequest } from '@weir/api-contract';
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

/** Requests to one API with one key, or without. Each throws ApiProblem where it is refused, or CommandError without a reply. */
export function sendTo(base: string, key: string | null): SendRequest {
  return async (request) => {
    const reply = await fetchFrom(base, key, { ...request, signal: AbortSignal.timeout(60_000) });
    const text = await reply.text().catch((error) => {
      throw noReply(base, error);
    });
    return { status: reply.status, text };
  };
}

/**
 * The reply as it comes, whose body is still to be read. `base` has no slash at its end, like the `url` of an Api. Throws
 * ApiProblem where it is refused, or CommandError without a reply.
 */
export async function fetchFrom(
  base: string,
  key: string | null,
  request: Omit<ApiRequest, 'body'> & { readonly body?: string | null; readonly signal: AbortSignal },
): Promise<Response> {
  const { method, path, headers, body = null, signal } = request;
  let reply: Response;
  try {
    reply = await fetch(base + path, {
      method,
      headers: { ...headers, ...(key !== null && { authorization: `Bearer ${key}` }) },
      body,
      signal,
    });
    if (reply.ok) return reply;
    throw problemOf(reply.status, await reply.text());
  } catch (error) {
    throw error instanceof ApiProblem ? error : noReply(base, error);
  }
}

function noReply(base: string, error: unknown): CommandError {
  const { cause: inner } = error as { cause?: { code?: string; message?: string } };
  const cause = inner?.code ?? inner?.message ?? (error as Error).message;
  return new CommandError(`the API at ${base} does not answer (${cause})`, {
    hint: 'is it running, and is the address right? npm start runs one here',
    exitCode: exitCodes.unreachable,
    cause: error,
  });
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
