// Which verifier a login is checked against: the published one, the database's, or one that no password fits.
import { createHmac } from 'node:crypto';
import { RecentMap } from '@weir/fleet';
import {
  buildVerifierAsync,
  defaultIterations,
  mockVerifier,
  parseVerifier,
  type Verifier,
} from '@weir/scram';
import type { PreviousSecret, PublishedCredential, PublishedEndpoint, PublishedRole } from '@weir/tenancy';
import type { RoleSecret } from '../server/auth-query.ts';
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
  deps: Pick<AuthenticateDeps, 'roleSecrets' | 'mockSecret' | 'wallNow'>,
): Steps<RoleSecretInHand> {
  const { roleSecrets } = deps;
  const mockSecret = mockSecretOf(endpoint, deps.mockSecret);
  const mockName = `${endpoint.endpointId}\0${role}`;
  const published = roleNamed(endpoint.roles, role);
  if (published && !roleSecrets.supersedes(endpoint, role)) {
    const secret = yield* fromPublished(published, mockSecret, mockName, deps.wallNow());
    if (secret) return secret;
  }
  const mayExist = Buffer.byteLength(role) <= roleNameBytesMax;
  if (mayExist) {
    let read = roleSecrets.known(endpoint, role);
    if (read === undefined) read = yield* settled(roleSecrets.read(endpoint, role));
    const secret = read === null ? null : fromDatabase(read);
    if (secret !== null) return secret;
  }
  const iterations = usualIterations(endpoint, roleSecrets.usualIterations(endpoint));
  const made = mayExist ? knownMock : mockVerifier;
  const verifier = made(mockSecret, mockName, iterations);
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
function mockSecretOf(endpoint: PublishedEndpoint, otherwise: Uint8Array): Uint8Array {
  if (endpoint.mockSecret === null) return otherwise;
  let secret = mockSecrets.get(endpoint);
  if (secret === undefined) {
    secret = new Uint8Array(Buffer.from(endpoint.mockSecret, 'base64'));
    mockSecrets.set(endpoint, secret);
  }
  return secret;
}

/** What a credential is checked against, and the password that it lends. Null: the role's is not known any more. */
export function lentSecret(endpoint: PublishedEndpoint, lent: PublishedCredential): RoleSecretInHand | null {
  const role = roleNamed(endpoint.roles, lent.role);
  const verifier = verifierOf(lent, lent.verifier);
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
  let verifier = published.verifier === null ? null : verifierOf(published, published.verifier);
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
  return isOver ? null : verifierOf(previous, previous.verifier);
}

// Whoever is published or was read is one object until it is published or read again: its texts are read once.
const verifiers = new WeakMap<object, Verifier | null>();
const secrets = new WeakMap<RoleSecret, RoleSecretInHand | null>();
const mockSecrets = new WeakMap<PublishedEndpoint, Uint8Array>();
const names = new WeakMap<readonly PublishedRole[], ReadonlyMap<string, PublishedRole>>();

function verifierOf(owner: object, text: string): Verifier | null {
  let verifier = verifiers.get(owner);
  if (verifier === undefined) verifiers.set(owner, (verifier = parseVerifier(text)));
  return verifier;
}

// As a real role's: who is asked for twice must not take longer than they do. Strangers ask, so it is one memory for all
// endpoints, and none for names that take no longer for being made anew each time: no role has them.
const mocks = new RecentMap<string, { readonly secret: Uint8Array; readonly verifier: Verifier }>(1024);

function knownMock(secret: Uint8Array, name: string, iterations: number): Verifier {
  const key = `${iterations} ${name}`;
  const known = mocks.get(key);
  if (known?.secret === secret) return known.verifier;
  const verifier = mockVerifier(secret, name, iterations);
  mocks.set(key, { secret, verifier });
  return verifier;
}

function fromDatabase(read: RoleSecret): RoleSecretInHand | null {
  let secret = secrets.get(read);
  if (secret !== undefined) return secret;
  const verifier = read.verifier === null ? null : parseVerifier(read.verifier);
  const { validUntil } = read;
  secret = verifier && {
    verifier,
    previous: null,
    real: true,
    verifierIsServers: true,
    password: null,
    validUntil,
  };
  secrets.set(read, secret);
  return secret;
}

function roleNamed(roles: readonly PublishedRole[], name: string): PublishedRole | undefined {
  let byName = names.get(roles);
  if (byName === undefined) names.set(roles, (byName = new Map(roles.map((role) => [role.name, role]))));
  return byName.get(name);
}

/** What real roles of the endpoint have, so that a made-up one does not stand out. */
function usualIterations(endpoint: PublishedEndpoint, lastRead: number | null): number {
  if (lastRead !== null) return lastRead;
  for (const role of endpoint.roles) {
    const parsed = role.verifier === null ? null : verifierOf(role, role.verifier);
    if (parsed) return parsed.iterations;
  }
  return defaultIterations;
}
