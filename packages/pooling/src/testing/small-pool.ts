// One pool without sockets or chance, for tests that say what its servers answer and when: the smallest world there is.
import { commandComplete, dataRow, joinBytes, query, readyForQuery } from '@weir/protocol';
import {
  ClientSession,
  Dispatcher,
  type Effects,
  type Peer,
  Pool,
  type PoolSettings,
  type Refusal,
  ReplyForwarder,
  RequestForwarder,
  type ServerCloseReason,
  type ServerSession,
  sweep,
  Upstream,
  valueSetOf,
} from '../index.ts';
import { nameText } from '../names.ts';
import { usualPoolSettings } from './pool-settings.ts';

/** Keeps what is written to it. */
export class KeepingPeer implements Peer {
  readonly unsentBytes = 0;
  text = '';

  write(bytes: Uint8Array): boolean {
    this.text += nameText(bytes, 0, bytes.length);
    return true;
  }

  pause(): void {}
  resume(): void {}
}

const parameters = valueSetOf(
  new Map([
    ['server_version', '18.4'],
    ['client_encoding', 'UTF8'],
    ['standard_conforming_strings', 'on'],
  ]),
);

/** Time stands still unless a test sets `nowMs`. */
export class SmallPool implements Effects {
  nowMs = 1_000;
  readonly upstream: Upstream;
  readonly pool: Pool;
  readonly dispatcher = new Dispatcher(this);
  /** In the order in which they were asked for. */
  readonly servers: ServerSession[] = [];
  readonly closed: { readonly server: ServerSession; readonly reason: ServerCloseReason }[] = [];
  readonly canceled: ServerSession[] = [];
  readonly refused: Refusal[] = [];
  readonly pins: string[] = [];
  private readonly requests: RequestForwarder;
  private readonly replies: ReplyForwarder;

  constructor(settings: Partial<PoolSettings> = {}, budget = 10) {
    this.upstream = new Upstream('small', budget);
    this.pool = this.anotherPool('small', settings);
    const allocate = (bytes: number): Uint8Array => new Uint8Array(bytes);
    this.requests = new RequestForwarder(this.dispatcher, allocate);
    this.replies = new ReplyForwarder(this.dispatcher, allocate);
  }

  /** One more pool at the same upstream. */
  anotherPool(name: string, settings: Partial<PoolSettings> = {}): Pool {
    const observer = { waited() {}, held() {}, pinned: (reason: string) => this.pins.push(reason) };
    const pool = new Pool(name, name, this.upstream, { ...usualPoolSettings, ...settings }, observer);
    this.upstream.pools.add(pool);
    return pool;
  }

  client(pool: Pool = this.pool, startup: Readonly<Record<string, string>> = {}): ClientSession {
    const replay = valueSetOf(new Map(Object.entries(startup)));
    const session = new ClientSession({ peer: new KeepingPeer(), pool, replay, told: parameters });
    this.dispatcher.clientStarted(session, this.nowMs);
    return session;
  }

  /** A direct client waits for a slot, for five seconds at most. */
  direct(granted: (slot: boolean) => void, isPaused: () => boolean = () => false): void {
    const { upstream, nowMs } = this;
    const circuit = () => this.pool.circuit;
    const waiter = { sinceMs: nowMs, deadlineMs: nowMs + 5_000, client: null, notBeforeMs: nowMs };
    this.dispatcher.growth.queueForSlot(upstream, { ...waiter, isPaused, circuit, granted }, nowMs);
  }

  /** Bytes of a client, or the text of a simple query. */
  send(client: ClientSession, what: string | Uint8Array): void {
    const bytes = typeof what === 'string' ? query(what) : what;
    this.requests.clientData(client, bytes, bytes.length, this.nowMs);
  }

  /** The newest server, or `server`, is open. */
  open(server: ServerSession = this.servers.at(-1)!): ServerSession {
    server.peer = new KeepingPeer();
    this.dispatcher.serverOpened(server, parameters, this.nowMs);
    return server;
  }

  /** What `server` answers: frames, or the tag of a command that is over, outside a transaction unless `status` says so. */
  answer(server: ServerSession, what: string | Uint8Array, status: 'I' | 'T' | 'E' = 'I'): void {
    const frames =
      typeof what === 'string' ? joinBytes([commandComplete(what), readyForQuery(status)]) : what;
    this.replies.serverData(server, frames, frames.length, this.nowMs);
  }

  /** `server` answers a question of Weir's own with these rows. */
  answerRows(server: ServerSession, rows: readonly string[]): void {
    const frames = rows.map((row) => dataRow([row]));
    this.answer(server, joinBytes([...frames, commandComplete('SELECT 1'), readyForQuery('I')]));
  }

  lose(client: ClientSession): void {
    this.dispatcher.clientEnded(client, 'lost', this.nowMs);
  }

  sweep(): void {
    sweep(this.dispatcher, this.upstream, this.nowMs, 5_000);
  }

  /** What has been written to a server or a client, as text. */
  written(to: ServerSession | ClientSession): string {
    return (to.peer as KeepingPeer).text;
  }

  openServer(server: ServerSession): void {
    this.servers.push(server);
  }

  closeServer(server: ServerSession, reason: ServerCloseReason): void {
    this.closed.push({ server, reason });
  }

  cancelServer(server: ServerSession): void {
    this.canceled.push(server);
  }

  refuse(_client: ClientSession, refusal: Refusal): void {
    this.refused.push(refusal);
  }

  endClient(): void {}
  noticeWait(): void {}
  circuitChanged(): void {}

  queryTimeoutError(): Uint8Array {
    throw new Error('no query is timed here');
  }
}
