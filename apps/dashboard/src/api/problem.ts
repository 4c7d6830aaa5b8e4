// Everything that can go wrong with a request, as one error that a page can show with its advice.
import { ApiCallError, type Problem, problemSchema } from '@weir/api-contract';

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

  /** Any thrown value as a problem; one that is none of the API's is a fault of this page. */
  static from(error: unknown): ApiProblem {
    if (error instanceof ApiProblem) return error;
    if (error instanceof ApiCallError) return fromReply(error);
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

/** The body of an error reply as a problem. */
export function problemOf(status: number, text: string): ApiProblem {
  let problem: Problem | null = null;
  try {
    problem = problemSchema.parse(JSON.parse(text));
  } catch {
    // Described by its status.
  }
  return fromReply({ status, problem });
}

/** A reply that is no problem of the API's (a proxy's page, say) is described by its status. */
function fromReply({ status, problem }: Pick<ApiCallError, 'status' | 'problem'>): ApiProblem {
  if (problem !== null) return new ApiProblem({ ...problem, faults: problem.errors });
  if (status < 400) return unknownReply(status);
  return new ApiProblem({
    status,
    title: `The API answered ${status}`,
    action: 'Try again. If something stands between this page and Weir, look at its log.',
  });
}

/** A reply that is not as the contract of this page says. */
export function unknownReply(status: number): ApiProblem {
  return new ApiProblem({
    status,
    title: 'The API answered in a way this page does not know',
    action: 'Reload the page; Weir may have been updated since it was opened.',
  });
}
