// Logs in to a server as its client: SCRAM with keys or password, md5, cleartext where TLS hides it.
import { createHash, randomBytes } from 'node:crypto';
import type { FrameChannel } from '@weir/net';
import {
  type AuthenticationRequest,
  decodeAuthentication,
  decodeErrorFields,
  encodeUtf8,
  passwordMessage,
  ServerMessage,
  saslInitialResponse,
  saslResponse,
} from '@weir/protocol';
import { type ClientCredentials, ClientExchange, chooseMechanism, encodeNonce } from '@weir/scram';
import type { ServerCredential } from '../client/authenticate.ts';
import { PoolerError } from '../errors.ts';
import { refusedByServer } from './server-error.ts';

// Far more than any server says during login, error texts of extensions included.
export const loginMessageBytesMax = 64 * 1024;
const nonceBytes = 18;

/** Answers the server until AuthenticationOk. Rejects with PoolerError, or errors of net, protocol and scram. */
export async function logIn(channel: FrameChannel, credential: ServerCredential): Promise<void> {
  const request = await readRequest(channel, credential.role);
  switch (request.kind) {
    case 'ok':
      return;
    case 'sasl':
      return logInByScram(channel, credential, request.mechanisms);
    case 'md5-password':
      channel.write(
        passwordMessage(md5Answer(needPassword(credential, 'md5'), credential.role, request.salt)),
      );
      break;
    case 'cleartext-password':
      if (!channel.connection.tls) {
        throw new PoolerError('AUTH_METHOD_UNSUPPORTED', { method: 'password (in the clear, without TLS)' });
      }
      channel.write(passwordMessage(needPassword(credential, 'password')));
      break;
    default:
      throw new PoolerError('AUTH_METHOD_UNSUPPORTED', { method: methodName(request) });
  }
  await expectOk(channel, credential.role);
}

async function logInByScram(
  channel: FrameChannel,
  credential: ServerCredential,
  offered: readonly string[],
): Promise<void> {
  const { role } = credential;
  const choice = chooseMechanism(offered, channel.connection.tls?.endPointHash ?? null);
  if (!choice) throw new PoolerError('AUTH_METHOD_UNSUPPORTED', { method: offered.join(', ').slice(0, 100) });
  const exchange = new ClientExchange({
    credentials: scramCredentials(credential),
    nonce: encodeNonce(randomBytes(nonceBytes)),
    channelBinding: choice.channelBinding,
  });
  channel.write(saslInitialResponse(choice.mechanism, exchange.first()));
  const serverFirst = await readRequest(channel, role);
  if (serverFirst.kind !== 'sasl-continue') throw outOfTurn(serverFirst);
  channel.write(saslResponse(await exchange.nextAsync(serverFirst.text)));
  const serverFinal = await readRequest(channel, role);
  // An «ok» here would be from someone who does not know the verifier.
  if (serverFinal.kind !== 'sasl-final') throw outOfTurn(serverFinal);
  exchange.verify(serverFinal.text);
  await expectOk(channel, role);
}

function scramCredentials(credential: ServerCredential): ClientCredentials {
  const { clientKey, serverKey } = credential;
  if (clientKey && serverKey) return { clientKey, serverKey };
  return { password: needPassword(credential, 'scram-sha-256') };
}

function needPassword({ role, password }: ServerCredential, method: string): string {
  if (password === undefined) throw new PoolerError('SERVER_PASSWORD_NEEDED', { method, role });
  return password;
}

/** `md5` and the hash of (hash of password and name) and salt, as libpq computes it. */
function md5Answer(password: string, role: string, salt: Uint8Array): string {
  const inner = createHash('md5').update(encodeUtf8(password)).update(encodeUtf8(role)).digest('hex');
  return `md5${createHash('md5').update(inner).update(salt).digest('hex')}`;
}

async function expectOk(channel: FrameChannel, role: string): Promise<void> {
  const request = await readRequest(channel, role);
  if (request.kind !== 'ok') throw outOfTurn(request);
}

async function readRequest(channel: FrameChannel, role: string): Promise<AuthenticationRequest> {
  for (;;) {
    const { type, body } = await channel.readFrame(loginMessageBytesMax);
    if (type === ServerMessage.Authentication) return decodeAuthentication(body);
    if (type === ServerMessage.ErrorResponse) throw refusedByServer(decodeErrorFields(body), role);
    if (type === ServerMessage.NoticeResponse) continue;
    throw new PoolerError('SERVER_PROTOCOL', { what: `message type ${type} during authentication` });
  }
}

function outOfTurn(request: AuthenticationRequest): PoolerError {
  return new PoolerError('SERVER_PROTOCOL', { what: `authentication request "${request.kind}" out of turn` });
}

function methodName(request: AuthenticationRequest): string {
  if (request.kind !== 'unsupported') throw outOfTurn(request);
  const names: Readonly<Record<number, string>> = { 2: 'kerberos', 7: 'gss', 8: 'gss', 9: 'sspi' };
  return names[request.method] ?? `number ${request.method}`;
}
