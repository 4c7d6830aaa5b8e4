// Opens one server connection: dial, TLS, login, up to its first ReadyForQuery. It knows no pool and no budget.
import { type Connection, type EgressPolicy, FrameChannel } from '@weir/net';
import {
  decodeBackendKeyData,
  decodeErrorFields,
  decodeParameterStatus,
  decodeReadyForQuery,
  encodeStartupMessage,
  noBytes,
  ServerMessage,
} from '@weir/protocol';
import type { Upstream } from '@weir/tenancy';
import type { ServerCredential } from '../client/authenticate.ts';
import { PoolerError } from '../errors.ts';
import { connectServer } from './connect-server.ts';
import { logIn, loginMessageBytesMax } from './log-in.ts';
import { endAndWait, watchEnd } from './server-end.ts';
import { refusedByServer, serverError } from './server-error.ts';

export interface OpenServerOptions {
  /** Named in errors. */
  readonly endpointId: string;
  readonly upstream: Upstream;
  readonly database: string;
  readonly credential: ServerCredential;
  /** GUCs for the StartupMessage; not user, database or replication. */
  readonly startupParameters: Iterable<readonly [string, string]>;
  readonly replication?: 'physical' | 'logical' | 'no';
  readonly policy: EgressPolicy;
  /** For all of it, from name resolution to ReadyForQuery. */
  readonly timeoutMs: number;
  /** Called in the same turn in which the StartupMessage is written; throws to open nothing after all. */
  readonly beforeStartup?: () => void;
  /** Gives up early; the rejection still waits for the socket's end. */
  readonly signal?: AbortSignal;
}

/** A server connection after its first ReadyForQuery: paused, its handler free (set one in the same turn). */
export interface OpenedServer {
  readonly connection: Connection;
  readonly processId: number;
  readonly secretKey: Uint8Array;
  readonly parameterStatus: Map<string, string>;
  /** Bytes read after ReadyForQuery; nearly always empty. */
  readonly leftover: Uint8Array;
}

/**
 * Rejects with a PoolerError (SERVER_*, AUTH_METHOD_UNSUPPORTED, or the server's own refusal passed on), and, once the
 * startup packet was sent, only after the server has ended the connection or 5 s have passed since we did: the budget
 * counts a connection until then.
 */
export async function openServer(options: OpenServerOptions): Promise<OpenedServer> {
  const { endpointId, upstream, policy, signal } = options;
  const deadlineAt = performance.now() + options.timeoutMs;
  const remainingMs = () => Math.max(1, deadlineAt - performance.now());
  try {
    insistWanted(signal);
    const connection = await connectServer({ endpointId, upstream, policy, remainingMs });
    return await startUp(connection, options, remainingMs());
  } catch (error) {
    throw serverError(error, endpointId);
  }
}

async function startUp(
  connection: Connection,
  options: OpenServerOptions,
  timeoutMs: number,
): Promise<OpenedServer> {
  const channel = new FrameChannel(connection);
  const watch = watchEnd(connection);
  const giveUp = () => channel.setDeadline(0);
  let started = false;
  try {
    channel.setDeadline(timeoutMs);
    options.signal?.addEventListener('abort', giveUp);
    insistWanted(options.signal);
    options.beforeStartup?.();
    started = true;
    channel.write(encodeStartupMessage(startupMessage(options)));
    await logIn(channel, options.credential);
    return await readGreeting(channel, options.credential.role);
  } catch (error) {
    channel.setDeadline(null);
    if (started) await endAndWait(connection, watch);
    else connection.destroy();
    insistWanted(options.signal);
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
  }
}

function* startupMessage(options: OpenServerOptions): Iterable<readonly [string, string]> {
  yield ['user', options.credential.role];
  yield ['database', options.database];
  if (options.replication === 'logical') yield ['replication', 'database'];
  if (options.replication === 'physical') yield ['replication', 'true'];
  yield* options.startupParameters;
}

/** ParameterStatus, BackendKeyData and notices, up to ReadyForQuery. */
async function readGreeting(channel: FrameChannel, role: string): Promise<OpenedServer> {
  const parameterStatus = new Map<string, string>();
  let key: { processId: number; secretKey: Uint8Array } = { processId: 0, secretKey: noBytes };
  for (;;) {
    const { type, body } = await channel.readFrame(loginMessageBytesMax);
    switch (type) {
      case ServerMessage.ParameterStatus: {
        const { name, value } = decodeParameterStatus(body);
        parameterStatus.set(name, value);
        break;
      }
      case ServerMessage.BackendKeyData:
        key = decodeBackendKeyData(body);
        break;
      case ServerMessage.NoticeResponse:
        break;
      case ServerMessage.ErrorResponse:
        throw refusedByServer(decodeErrorFields(body), role);
      case ServerMessage.ReadyForQuery: {
        if (decodeReadyForQuery(body) !== 'I') {
          throw new PoolerError('SERVER_PROTOCOL', { what: 'a new session is in a transaction' });
        }
        const leftover = channel.detach();
        return { connection: channel.connection, ...key, parameterStatus, leftover };
      }
      default:
        throw new PoolerError('SERVER_PROTOCOL', {
          what: `message type ${type} before the first ReadyForQuery`,
        });
    }
  }
}

function insistWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PoolerError('DRAINING', {}, { cause: signal.reason });
}
