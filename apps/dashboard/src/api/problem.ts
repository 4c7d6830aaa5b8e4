// Everything that can go wrong with a request, as one error that a page can show with its advice.
import { type Problem, problemContentType, problemSchema } from '@weir/api-contract';

/** A field that the API did not take: dotted path (`upstream.port`) and why. */
export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

interface ApiProblemParts {
  readonly status: number | null;
  readonly title: string;
  readonly detail?: string | undefined;
  readonly action: string;
  readonly faults?: readonly FieldFault[] | undefined;
  readonly requestId?: string | undefined;
}

/** A failed request. `status` is null where no reply came at all. */
export class ApiProblem extends Error {
  readonly status: number | null;
  readonly title: string;
  readonly detail: string | undefined;
  /** What to do about it. */
  readonly action: string;
  readonly faults: readonly FieldFault[];
  /** The API's name for the request, to be found in its log. */
  readonly requestId: string | undefined;

  constructor(parts: ApiProblemParts) {
    super(parts.detail ?? parts.title);
    this.name = 'ApiProblem';
    this.status = parts.status;
    this.title = parts.title;
    this.detail = parts.detail;
    this.action = parts.action;
    this.faults = parts.faults ?? [];
    this.requestId = parts.requestId;
  }

  /** Any thrown value as a problem; one that is none already is a fault of this page. */
  static from(error: unknown): ApiProblem {
    if (error instanceof ApiProblem) return error;
    return new ApiProblem({
      status: null,
      title: 'The dashboard failed',
      detail: error instanceof Error ? error.message : String(error),
      action: 'Reload the page. If it happens again, please report it with what you did before.',
    });
  }
}

/** No reply came: the process is down, restarting, or the network between is. */
export function unreachable(): ApiProblem {
  return new ApiProblem({
    status: null,
    title: 'The API cannot be reached',
    detail: `No reply came from ${window.location.host}.`,
    action: 'Check that Weir is running and that this machine can reach it, then try again.',
  });
}

/** Reads an error reply; one that is no problem+json (a proxy's page, say) is described by its status. */
export async function problemOf(reply: Response): Promise<ApiProblem> {
  const text = await reply.text().catch(() => '');
  const problem = reply.headers.get('content-type')?.startsWith(problemContentType)
    ? readProblem(text)
    : null;
  if (problem === null) {
    return new ApiProblem({
      status: reply.status,
      title: `The API answered ${reply.status}`,
      detail: reply.statusText === '' ? undefined : reply.statusText,
      action: 'Try again. If something stands between this page and Weir, look at its log.',
    });
  }
  return new ApiProblem({ ...problem, faults: problem.errors });
}

function readProblem(text: string): Problem | null {
  try {
    return problemSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
