// Tells the causes apart for which a database could not be tried out, and which field of the request each is about.
import { EgressError } from '@weir/net';
import { ApiError, type ProblemSlug } from '../errors.ts';
import type { ProbeTarget } from './ask-upstream.ts';

/** How far a probe had come when it failed. */
export type ProbeStage = 'resolve' | 'dial' | 'login' | 'questions';

const reachingProblems: readonly ProblemSlug[] = [
  'upstream-refused',
  'upstream-unreachable',
  'upstream-timeout',
];

/** Whether another address of the same name might do better. */
export function isAboutReaching(error: ApiError): boolean {
  return reachingProblems.includes(error.slug);
}

const fieldOf: Partial<Record<ProblemSlug, string>> = {
  'upstream-dns': 'upstream.host',
  'upstream-forbidden': 'upstream.host',
  'upstream-refused': 'upstream.port',
  'upstream-unreachable': 'upstream.host',
  'upstream-timeout': 'upstream.host',
  'upstream-not-postgres': 'upstream.port',
  'upstream-tls-not-offered': 'upstream.tlsMode',
  'upstream-tls-untrusted': 'upstream.caPem',
  'upstream-tls-name-mismatch': 'upstream.host',
  'upstream-tls-expired': 'upstream.tlsMode',
  'upstream-tls-failed': 'upstream.tlsMode',
  'upstream-password-wrong': 'upstream.password',
  'upstream-login-refused': 'upstream.user',
  'upstream-database-missing': 'upstream.database',
  'upstream-too-old': 'upstream.host',
};

/** An `upstream-…` problem for whatever ended a probe. */
export function probeFailure(error: unknown, target: ProbeTarget, stage: ProbeStage): ApiError {
  const slug = slugOf(error, stage);
  const detail = detailOf(error, slug, target, stage);
  return upstreamError(slug, detail, error);
}

/** A problem of the table with the field it is about. */
export function upstreamError(slug: ProblemSlug, detail: string, cause?: unknown): ApiError {
  const field = fieldOf[slug];
  return new ApiError(slug, {
    detail,
    cause,
    ...(field === undefined ? {} : { faults: [{ field, message: detail }] }),
  });
}

function slugOf(error: unknown, stage: ProbeStage): ProblemSlug {
  if (error instanceof EgressError) return error.reason === 'dns' ? 'upstream-dns' : 'upstream-forbidden';
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'ProbeTimeout') return stage === 'resolve' ? 'upstream-dns' : 'upstream-timeout';
  const code = codeOf(error);
  return (
    byCode[code] ??
    byClass[code.slice(0, 2)] ??
    (isTlsCode(code) ? 'upstream-tls-failed' : byMessage(message, stage)) ??
    'upstream-failed'
  );
}

const byCode: Record<string, ProblemSlug | undefined> = {
  ECONNREFUSED: 'upstream-refused',
  EHOSTUNREACH: 'upstream-unreachable',
  ENETUNREACH: 'upstream-unreachable',
  EADDRNOTAVAIL: 'upstream-unreachable',
  ETIMEDOUT: 'upstream-timeout',
  ERR_TLS_CERT_ALTNAME_INVALID: 'upstream-tls-name-mismatch',
  CERT_HAS_EXPIRED: 'upstream-tls-expired',
  CERT_NOT_YET_VALID: 'upstream-tls-expired',
  SELF_SIGNED_CERT_IN_CHAIN: 'upstream-tls-untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'upstream-tls-untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'upstream-tls-untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'upstream-tls-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'upstream-tls-untrusted',
  CERT_SIGNATURE_FAILURE: 'upstream-tls-untrusted',
  INVALID_CA: 'upstream-tls-untrusted',
  INVALID_PURPOSE: 'upstream-tls-untrusted',
  CERT_UNTRUSTED: 'upstream-tls-untrusted',
  CERT_REVOKED: 'upstream-tls-untrusted',
  '28P01': 'upstream-password-wrong',
  '28000': 'upstream-login-refused',
  '3D000': 'upstream-database-missing',
  '57P03': 'upstream-busy',
  '42501': 'upstream-permission-missing',
  '42710': 'role-exists',
  '42704': 'upstream-role-missing',
  '2BP01': 'role-has-objects',
};

// SQLSTATE classes: insufficient resources, operator intervention.
const byClass: Record<string, ProblemSlug | undefined> = { '53': 'upstream-busy', '57': 'upstream-busy' };

function isTlsCode(code: string): boolean {
  return /^(ERR_(SSL|TLS|OSSL)|EPROTO$|CERT_|UNABLE_)/.test(code);
}

// The driver gives these no code.
function byMessage(message: string, stage: ProbeStage): ProblemSlug | undefined {
  if (message === 'The server does not support SSL connections') return 'upstream-tls-not-offered';
  if (message === 'There was an error establishing an SSL connection') return 'upstream-not-postgres';
  if (/before secure TLS connection was established/.test(message)) return 'upstream-tls-failed';
  // A server that hangs up or talks another protocol before the login is over is hardly a Postgres.
  return stage === 'login' ? 'upstream-not-postgres' : undefined;
}

function detailOf(error: unknown, slug: ProblemSlug, target: ProbeTarget, stage: ProbeStage): string {
  const place = `${target.host}:${target.port}`;
  switch (slug) {
    case 'upstream-dns':
      return error instanceof EgressError ? error.message : `resolving ${target.host} took too long`;
    case 'upstream-timeout':
      return stage === 'dial'
        ? `no connection to ${place} came about in time`
        : `${place} took the connection, but did not answer in time`;
    case 'upstream-refused':
      return `nothing listens on ${place}, or a firewall refuses`;
    case 'upstream-unreachable':
      return `there is no route to ${place}`;
    case 'upstream-tls-not-offered':
      return `${place} answered the request for TLS with no`;
    case 'upstream-tls-untrusted':
      return target.caPem === null
        ? `no authority that Weir trusts by itself signed the certificate of ${place}`
        : `the authority given as caPem did not sign the certificate of ${place}`;
    case 'upstream-not-postgres':
      return `${place} does not answer as Postgres does`;
    default:
      // The server's words go back to the one who named the server, cut to a sane length.
      return [codeOf(error), error instanceof Error ? error.message : String(error)]
        .filter((part) => part !== '')
        .join(': ')
        .slice(0, 300);
  }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
