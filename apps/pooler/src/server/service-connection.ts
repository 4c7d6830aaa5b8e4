// One connection as the service role, kept open for a short while: runs one query at a time, in order.
import { ChannelClosedError, type EgressPolicy, FrameChannel } from '@weir/net';
import {
  bind,
  decodeDataRow,
  decodeErrorFields,
  decodeUtf8,
  type ErrorFields,
  execute,
  joinBytes,
  parse,
  ServerMessage,
  sync,
  terminate,
} from '@weir/protocol';
import type { PublishedEndpoint } from '@weir/tenancy';
import type { ServerCredential } from '../client/authenticate.ts';
import { asPoolerError, PoolerError } from '../errors.ts';
import { openServer } from './open-server.ts';
import { openForRole } from './role-login.ts';
import { serverError } from './server-error.ts';

export interface ServiceConnectionOptions {
  readonly endpoint: PublishedEndpoint;
  /** Null: there is no service role. */
  readonly credential: ServerCredential | null;
  readonly policy: EgressPolicy;
  readonly timeoutMs: number;
  /** Closed after that long without a query. */
  readonly idleTimeoutMs: number;
}

/** A row's values as text. */
export type TextRow = readonly (string | null)[];

/** What a service connection shows itself as. */
export const serviceName = 'weir service';

const frameBytesMax = 1024 * 1024;
// A storm of unknown role names must not queue up in memory; whoever comes later is told to try again.
const queueMax = 256;
const unopenedForMs = 1_000;

/** Opens itself when it is needed. `query` rejects with PoolerError. */
export class ServiceConnection {
  readonly #options: ServiceConnectionOptions;
  #channel: FrameChannel | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #queued = 0;
  /** Why it could not be opened, for those who waited meanwhile: each trying for itself would take minutes. */
  #unopened: { readonly error: PoolerError; readonly until: number } | null = null;
  #idleTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ServiceConnectionOptions) {
    this.#options = options;
  }

  /** All rows of one statement with text parameters; `$1` and so on get their types from the server. */
  async query(sql: string, values: readonly string[]): Promise<TextRow[]> {
    if (this.#queued >= queueMax) throw this.#failed('too many logins are waiting for it');
    this.#queued++;
    const tooLate = performance.now() + this.#options.timeoutMs;
    const turn = this.#queue.then(() => {
      if (performance.now() > tooLate) throw this.#failed('too many logins are waiting for it');
      return this.#query(sql, values);
    });
    this.#queue = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.#queued--;
    }
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  async #query(sql: string, values: readonly string[]): Promise<TextRow[]> {
    clearTimeout(this.#idleTimer);
    const kept = this.#channel !== null && !this.#channel.closed;
    try {
      return await this.#run(await this.#open(), sql, values);
    } catch (error) {
      this.#drop();
      // A kept connection may have ended unnoticed, in a restart for instance; reading a verifier twice does no harm.
      if (kept && error instanceof ChannelClosedError) return this.#query(sql, values);
      throw serverError(error, this.#options.endpoint.endpointId);
    } finally {
      this.#armIdleTimer();
    }
  }

  async #open(): Promise<FrameChannel> {
    if (this.#channel && !this.#channel.closed) return this.#channel;
    const { endpoint, credential: proven, policy, timeoutMs } = this.#options;
    const { endpointId, upstream } = endpoint;
    if (this.#closed || !proven) throw this.#failed('Weir has no service role there');
    if (this.#unopened && this.#unopened.until > performance.now()) throw this.#unopened.error;
    const opening = openForRole(
      {
        role: proven.role,
        proven,
        endpoint: () => endpoint,
        // A record that has changed brings a service connection of its own.
        readAgain: async () => {},
      },
      (credential) =>
        openServer({
          endpointId,
          upstream,
          database: endpoint.defaultDatabase,
          credential,
          startupParameters: [
            ['application_name', serviceName],
            ['client_encoding', 'UTF8'],
            // Nothing that a tenant's user can create comes before what Postgres brought along.
            ['search_path', 'pg_catalog, pg_temp'],
            ['statement_timeout', String(timeoutMs)],
          ],
          policy,
          timeoutMs,
        }),
    );
    try {
      const { opened } = await opening;
      this.#channel = new FrameChannel(opened.connection);
      return this.#channel;
    } catch (error) {
      this.#unopened = { error: asPoolerError(error), until: performance.now() + unopenedForMs };
      throw error;
    }
  }

  async #run(channel: FrameChannel, sql: string, values: readonly string[]): Promise<TextRow[]> {
    channel.setDeadline(this.#options.timeoutMs);
    channel.write(joinBytes([parse('', sql), bind('', '', values), execute(''), sync()]));
    const rows: TextRow[] = [];
    let refusal: ErrorFields | null = null;
    for (;;) {
      const { type, body } = await channel.readFrame(frameBytesMax);
      if (type === ServerMessage.DataRow) {
        rows.push(decodeDataRow(body).map((value) => (value === null ? null : decodeUtf8(value))));
        // The limit protects memory; nobody's verifier has so many rows.
        if (rows.length > 10) throw this.#failed('the query gives more than one row');
      } else if (type === ServerMessage.ErrorResponse) refusal = decodeErrorFields(body);
      else if (type === ServerMessage.ReadyForQuery) break;
    }
    channel.setDeadline(null);
    if (refusal !== null) throw this.#failed(refusal.message, refusal.code);
    return rows;
  }

  #failed(reason: string, sqlstate: string | null = null): PoolerError {
    const { endpointId } = this.#options.endpoint;
    return new PoolerError('AUTH_QUERY_FAILED', { endpoint: endpointId, reason, sqlstate });
  }

  #armIdleTimer(): void {
    clearTimeout(this.#idleTimer);
    if (this.#channel === null) return;
    this.#idleTimer = setTimeout(() => this.#drop(), this.#options.idleTimeoutMs);
    this.#idleTimer.unref();
  }

  #drop(): void {
    clearTimeout(this.#idleTimer);
    const channel = this.#channel;
    this.#channel = null;
    if (channel === null) return;
    channel.setDeadline(null);
    channel.write(terminate());
    channel.connection.end();
    // A server that does not answer our end must not keep the socket for ever.
    setTimeout(() => channel.connection.destroy(), 1_000).unref();
  }
}
