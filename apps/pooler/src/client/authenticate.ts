// Proves that a client knows its role's password, and keeps what logs in to the server in its name.
import type { FrameChannel, TlsFacts } from '@weir/net';
import {
  authenticationOk,
  authenticationSasl,
  authenticationSaslContinue,
  authenticationSaslFinal,
  ClientMessage,
  decodeSaslInitialResponse,
  decodeSaslResponse,
  joinBytes,
} from '@weir/protocol';
import { encodeNonce, offeredMechanisms, ServerExchange, type Verifier } from '@weir/scram';
import type { PublishedCredential, PublishedEndpoint } from '@weir/tenancy';
import { PoolerError } from '../errors.ts';
import { takeRandomBytes } from '../random-bytes.ts';
import type { RoleSecrets } from '../server/auth-query.ts';
import { loginError } from './login-error.ts';
import { lentSecret, type RoleSecretInHand, secretInHand } from './role-secret.ts';
import { readFrame, type Steps } from './steps.ts';

/** What logs in to the server for a role: the ClientKey (SCRAM), or the password, or both. Never logged. */
export interface ServerCredential {
  readonly role: string;
  /** 32 bytes, recovered from the client's proof. */
  readonly clientKey?: Uint8Array;
  /** 32 bytes; checks the server's signature. */
  readonly serverKey?: Uint8Array;
  readonly password?: string;
}

export interface AuthenticateDeps {
  /** Verifiers of roles that the catalog does not know. */
  readonly roleSecrets: RoleSecrets;
  /** Makes the salts of roles that don't exist; the same on every process of a fleet. */
  readonly mockSecret: Uint8Array;
  /** Wall clock in ms, for what is valid until a time. */
  readonly wallNow: () => number;
  /** As negotiate's; only for the text of the error. */
  readonly loginTimeoutMs: number;
}

export interface Login {
  readonly endpoint: PublishedEndpoint;
  readonly role: string;
  readonly tls: TlsFacts | null;
  /** What the client named in place of the role, which then is the credential's; null: it named the role. */
  readonly lent: PublishedCredential | null;
}

// Same as PG_MAX_SASL_MESSAGE_LENGTH in the server.
const saslMessageBytesMax = 1024;
const nonceBytes = 18;

/**
 * Runs SCRAM-SHA-256 or -PLUS with the client. On success the client has been sent AuthenticationSASLFinal and
 * AuthenticationOk, and the channel's deadline is off. Throws PoolerError PASSWORD_WRONG, ROLE_PASSWORD_EXPIRED,
 * CREDENTIAL_EXPIRED, SCRAM_CHANNEL_BINDING, PROTOCOL_VIOLATION, STARTUP_TIMEOUT, CLIENT_GONE, AUTH_QUERY_FAILED or SERVER_*; the client
 * has not been told then.
 */
export function* authenticate(
  channel: FrameChannel,
  login: Login,
  deps: AuthenticateDeps,
): Steps<ServerCredential> {
  try {
    const { lent } = login;
    const inHand = lent === null ? null : lentSecret(login.endpoint, lent);
    const secret = inHand ?? (yield* secretInHand(login.endpoint, lent?.id ?? login.role, deps));
    const proof = yield* exchange(channel, login, secret);
    const endpoint = login.endpoint.endpointId;
    if (proof === null || !secret.real) {
      // The next login of somebody with a new password works, without a query for each wrong one.
      if (lent === null) deps.roleSecrets.distrust(login.endpoint, login.role);
      throw new PoolerError('PASSWORD_WRONG', { role: lent?.id ?? login.role, endpoint });
    }
    // Only now, as with a role: who does not know the password learns nothing.
    if (lent !== null && !(Date.parse(lent.expiresAt) > deps.wallNow())) {
      throw new PoolerError('CREDENTIAL_EXPIRED', { credential: lent.id, endpoint });
    }
    // Only now: an expired role must cost and look as a wrong password does. A time that cannot be read counts as past.
    if (secret.validUntil !== null && !(secret.validUntil > deps.wallNow())) {
      deps.roleSecrets.distrust(login.endpoint, login.role);
      throw new PoolerError('ROLE_PASSWORD_EXPIRED', { role: login.role, endpoint });
    }
    channel.write(joinBytes([proof.serverFinal, authenticationOk()]));
    channel.setDeadline(null);
    return credentialOf(login.role, secret, proof);
  } catch (error) {
    throw loginError(error, deps.loginTimeoutMs);
  }
}

function credentialOf(
  role: string,
  secret: RoleSecretInHand,
  { clientKey, verifier }: Proof,
): ServerCredential {
  const password = secret.password === null ? {} : { password: secret.password };
  // A ClientKey opens the server only if what it fits is the server's own verifier, of its present password.
  if (!secret.verifierIsServers || verifier !== secret.verifier) return { role, ...password };
  return { role, clientKey, serverKey: secret.verifier.serverKey, ...password };
}

interface Proof {
  readonly clientKey: Uint8Array;
  /** Which one it fits. */
  readonly verifier: Verifier;
  /** AuthenticationSASLFinal, not sent yet. */
  readonly serverFinal: Uint8Array;
}

/** The messages of one exchange; null if the proof is wrong. */
function* exchange(channel: FrameChannel, login: Login, secret: RoleSecretInHand): Steps<Proof | null> {
  const endPointHash = login.tls?.endPointHash ?? null;
  const supported = endPointHash !== null;
  const steps = new ServerExchange({
    verifier: secret.verifier,
    previous: secret.previous,
    nonce: encodeNonce(takeRandomBytes(nonceBytes)),
    channelBinding: { supported, endPointHash },
  });
  channel.write(authenticationSasl(offeredMechanisms(supported)));
  const initial = decodeSaslInitialResponse(yield* readSasl(channel));
  let clientFirst = initial.text;
  if (clientFirst === null) {
    // A client may choose the mechanism first and speak after an empty challenge.
    channel.write(authenticationSaslContinue(''));
    clientFirst = decodeSaslResponse(yield* readSasl(channel));
  }
  channel.write(authenticationSaslContinue(steps.first(initial.mechanism, clientFirst)));
  const result = steps.final(decodeSaslResponse(yield* readSasl(channel)));
  if (!result.ok) return null;
  const { clientKey, verifier } = result;
  return { clientKey, verifier, serverFinal: authenticationSaslFinal(result.serverFinal) };
}

function* readSasl(channel: FrameChannel): Steps<Uint8Array> {
  const { type, body } = yield* readFrame(channel, saslMessageBytesMax);
  if (type === ClientMessage.Password) return body;
  // libpq that finds it has no password says goodbye instead.
  if (type === ClientMessage.Terminate) throw new PoolerError('CLIENT_GONE');
  throw new PoolerError('PROTOCOL_VIOLATION', { what: `expected SASL response, got message type ${type}` });
}
