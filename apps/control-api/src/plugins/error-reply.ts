// Turns whatever a request ended with into a problem+json reply; the only place that does, and that logs it.
import { type Problem, problemContentType } from '@weir/api-contract';
import { plainCatalogError, UnknownCatalogKeyError } from '@weir/catalog';
import { FleetUnavailableError } from '@weir/fleet';
import type { Logger } from '@weir/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { ApiError, type FieldFault, type ProblemSlug, problems } from '../errors.ts';
import type { App } from '../parts.ts';

export function addErrorReply(app: App, log: Logger): void {
  app.setErrorHandler((error, request, reply) => {
    const problem = apiErrorOf(error);
    if (problems[problem.slug].status >= 500) {
      const { method, id } = request;
      log.error(
        {
          requestId: id,
          method,
          route: request.routeOptions.url,
          problem: problem.slug,
          err: plainCatalogError(error),
        },
        'request failed',
      );
    }
    return sendProblem(request, reply, problem);
  });
}

/** Sends a problem; as text, so that no reply schema takes part of it away. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: ApiError) {
  const { status, title, action } = problems[error.slug];
  const problem: Problem = {
    type: `/problems/${error.slug}`,
    title,
    status,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    action,
    ...(error.faults === undefined ? {} : { errors: [...error.faults] }),
    requestId: request.id,
  };
  // Errors of the router come before the hook that sets it.
  reply.header('x-request-id', request.id);
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="weir"');
  return reply.code(status).type(problemContentType).send(JSON.stringify(problem));
}

function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    return new ApiError('validation-failed', { faults: faultsOf(error), cause: error });
  }
  if (error instanceof FleetUnavailableError)
    return new ApiError('shared-state-unavailable', { cause: error });
  if (error instanceof UnknownCatalogKeyError) {
    return new ApiError('seal-key-missing', { detail: `The key is "${error.keyId}".`, cause: error });
  }
  if (isCatalogAway(plainCatalogError(error))) return new ApiError('catalog-unavailable', { cause: error });
  return new ApiError(slugByCode(error), { cause: error });
}

function slugByCode(error: unknown): ProblemSlug {
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return 'body-too-large';
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return 'unsupported-media-type';
  // Fastify's own refusals of bodies and URLs it cannot read.
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? 'malformed-body' : 'internal';
}

function faultsOf(error: {
  readonly validation: readonly {
    readonly instancePath: string;
    readonly message?: string | undefined;
    readonly params?: unknown;
  }[];
}): FieldFault[] {
  return error.validation.flatMap(({ instancePath, message = 'is not valid', params }) => {
    const path = instancePath.split('/').filter((part) => part !== '');
    const unknownKeys = (params as { keys?: unknown } | undefined)?.keys;
    if (Array.isArray(unknownKeys)) {
      return unknownKeys.map((key) => ({
        field: [...path, String(key)].join('.'),
        message: 'is not a known field',
      }));
    }
    return [{ field: path.join('.') || 'body', message }];
  });
}

// Connection failures, and class 57 (operator intervention), 53 (resources), 08 (connection) of the server.
function isCatalogAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (
    typeof code === 'string' &&
    /^(ECONN\w+|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|57P0\d|53\w{3}|08\w{3})$/.test(code)
  ) {
    return true;
  }
  // The last is what a pooled client says whose connection has ended a moment ago.
  return /^(Connection terminated|timeout exceeded when trying to connect|Client .* is not queryable)/.test(
    error.message,
  );
}
