// Which verifier a login is checked against: the published one, the database's, or one that no password fits.
import { createHmac } from 'node:crypto';
import {
  buildVerifierAsync,
  defaultIterations,
  mockVerifier,
  parseVerifier,
  type Verifier,
} from '@weir/scram';
import type { PreviousSecret, PublishedCredential, PublishedEndpoint, PublishedRole } from '@weir/tenancy';
import type { AuthenticateDeps } from './authenticate.ts';
import { type Steps, settled } from './steps.ts';

/** A verifier for one exchange, and what a success is worth. */
export interface RoleSecretInHand {
  readonly verifier: Verifier;
  /** Of the password before the last rotation, while that still opens; always with `password`. */
  readonly previous: Verifier | null;
  /** False: made up for a role that is not there; the exchange runs all the same, and fails. */
  readonly real: boolean;
  readonly verifierIsServers: boolean;
  readonly password: string | null;
  /** ms since the epoch; null: never. */
  readonly validUntil: number | null;
}

// Same as NAMEDATALEN - 1 in the server: no role has a longer name.
const roleNameBytesMax = 63;

/** Throws PoolerError AUTH_QUERY_FAILED or SERVER_* if the database has to be asked and does not answer. */
export function* secretInHand(
  endpoint: PublishedEndpoint,
  role: string,
  deps: Pick<AuthenticateDeps, 'roleSecrets' | 'mockSecret' | 'now'>,
): Steps<RoleSecretInHand> {
  const { roleSecrets } = deps;
  const mockSecret = mockSecretOf(endpoint, deps.mockSecret);
  const mockName = `${endpoint.endpointId}\0${role}`;
  const published = endpoint.roles.find(({ name }) => name === role);
  if (published && !roleSecrets.supersedes(endpoint, role)) {
    const secret = yield* fromPublished(published, mockSecret, mockName, deps.now());
    if (secret) return secret;
  }
  if (new TextEncoder().encode(role).length <= roleNameBytesMax) {
    let read = roleSecrets.known(endpoint, role);
    if (read === undefined) read = yield* settled(roleSecrets.read(endpoint, role));
    const verifier = read?.verifier ? parseVerifier(read.verifier) : null;
    if (read && verifier) {
      return {
        verifier,
        previous: null,
        real: true,
        verifierIsServers: true,
        password: null,
        validUntil: read.validUntil,
      };
    }
  }
  const verifier = mockVerifier(
    mockSecret,
    mockName,
    usualIterations(endpoint, roleSecrets.usualIterations(endpoint)),
  );
  return {
    verifier,
    previous: null,
    real: false,
    verifierIsServers: false,
    password: null,
    validUntil: null,
  };
}

/** The endpoint's own; `otherwise` where its record has none. */
function mockSecretOf({ mockSecret }: PublishedEndpoint, otherwise: Uint8Array): Uint8Array {
  return mockSecret === null ? otherwise : new Uint8Array(Buffer.from(mockSecret, 'base64'));
}

/** What a credential is checked against, and the password that it lends. Null: the role's is not known any more. */
export function lentSecret(endpoint: PublishedEndpoint, lent: PublishedCredential): RoleSecretInHand | null {
  const role = endpoint.roles.find(({ name }) => name === lent.role);
  const verifier = parseVerifier(lent.verifier);
  if (role?.password == null || verifier === null) return null;
  const validUntil = role.validUntil === null ? null : Date.parse(role.validUntil);
  const { password } = role;
  return { verifier, previous: null, real: true, verifierIsServers: false, password, validUntil };
}

function* fromPublished(
  published: PublishedRole,
  mockSecret: Uint8Array,
  mockName: string,
  nowMs: number,
): Steps<RoleSecretInHand | null> {
  const { verifierIsServers, password } = published;
  const validUntil = published.validUntil === null ? null : Date.parse(published.validUntil);
  let verifier = published.verifier === null ? null : parseVerifier(published.verifier);
  if (!verifier && password !== null) {
    const salt = new Uint8Array(
      createHmac('sha256', mockSecret).update(`own salt\0${mockName}`).digest(),
    ).slice(0, 16);
    verifier = parseVerifier(yield* settled(buildVerifierAsync(password, { salt })));
    return (
      verifier && { verifier, previous: null, real: true, verifierIsServers: false, password, validUntil }
    );
  }
  // A verifier that opens nothing upstream is of no use: ask the database instead.
  if (!verifier || (!verifierIsServers && password === null)) return null;
  const previous = password === null ? null : previousVerifier(published.previous, nowMs);
  return { verifier, previous, real: true, verifierIsServers, password, validUntil };
}

function previousVerifier(previous: PreviousSecret | null, nowMs: number): Verifier | null {
  if (previous === null) return null;
  const isOver = previous.validUntil !== null && !(Date.parse(previous.validUntil) > nowMs);
  return isOver ? null : parseVerifier(previous.verifier);
}

/** What real roles of the endpoint have, so that a made-up one does not stand out. */
function usualIterations(endpoint: PublishedEndpoint, lastRead: number | null): number {
  if (lastRead !== null) return lastRead;
  for (const { verifier } of endpoint.roles) {
    const parsed = verifier === null ? null : parseVerifier(verifier);
    if (parsed) return parsed.iterations;
  }
  return defaultIterations;
}
