// What one server connection is doing: for whom, what it still owes, its transaction status, and what it was given.
import { copyOf } from '@weir/protocol';
import type { ChangedSettings } from './changed-settings.ts';
import type { Handover, Unlistening } from './channels.ts';
import type { Attempt } from './circuit.ts';
import type { ClientSession } from './client-session.ts';
import type { PinReason, ServerCloseReason } from './close-reason.ts';
import type { Listener } from './listener.ts';
import type { Peer } from './out-buffer.ts';
import type { Pool } from './pool.ts';
import { ServerStatements, type UnnamedStatement } from './prepared-statements.ts';
import { Owed, OwedBit, ReplyQueue } from './reply-queue.ts';
import { noValues, type ValueSet } from './value-set.ts';

/**
 * `opening`: from before dial. `idle`: free. `active`: checked out. `finishing`: its client is gone, what it began
 * runs to its end. `cancelling`: free, but a cancel request for its last query may still arrive. `closing`: told to
 * end, its own end of file is awaited; until then it counts in the budget.
 */
export type ServerState = 'opening' | 'idle' | 'active' | 'finishing' | 'cancelling' | 'closing' | 'gone';

/** Transaction status bytes of ReadyForQuery. */
export const TransactionStatus = { Idle: 0x49, Open: 0x54, Failed: 0x45 } as const;

/** Who used a sequence asks for its value soon or never: so long nobody else's sequences go there, where that can be. */
export const sequenceGuardMs = 5_000;
/** Where sequences are used all the time, a server whose time is up is kept for the last user's value no longer than this. */
const overdueKeptMs = 30_000;

let serversMade = 0;

/** The pooled side of one server connection. Its state is changed by the dispatcher alone. */
export class ServerSession {
  readonly id = ++serversMade;
  readonly pool: Pool;
  /** The only client it is opened for, with that client's own startup settings; null: it is shared. */
  readonly dedicatedTo: ClientSession | null;
  /** Set once the connection is open. */
  peer: Peer | null = null;
  state: ServerState = 'opening';
  client: ClientSession | null = null;
  /** To open it; null once it is known what became of that. */
  attempt: Attempt | null = null;
  /** The pool's generation when this server was opened. */
  readonly generation: number;
  openedAtMs = 0;
  idleSinceMs = 0;
  checkoutAtMs = 0;
  /** Since when all is answered while a client has it; 0: something is owed, or nobody has it. */
  answeredAtMs = 0;
  querySinceMs = 0;
  transactionSinceMs = 0;
  /** A cancel request was sent since the query under way has run for too long. */
  queryTimedOut = false;
  closeReason: ServerCloseReason | null = null;

  readonly owed = new ReplyQueue();
  /** Batches (up to a Sync, or a Query or FunctionCall) that were sent, and those of them that are over. */
  batchesSent = 0;
  batchesDone = 0;
  /** The batch in which a statement was last prepared here that its client had prepared elsewhere; -1: long ago. */
  givenBatch = -1;
  transactionStatus: number = TransactionStatus.Idle;
  /** Messages of the extended protocol were sent that no Sync follows yet: what they did is not committed. */
  midBatch = false;
  /** An error in the extended protocol was answered: the server skips all up to the next Sync. */
  skipping = false;
  /** The server reads COPY data and ignores Sync and Flush. */
  copyIn = false;
  pin: PinReason | null = null;
  pinnedAtMs = 0;
  /** The statement that pinned it, without its values; null where a pin has no statement of its own. */
  pinStatement: string | null = null;
  /** It counts among its upstream's pinned ones. */
  pinCounted = false;
  /** A pin that came beyond the cap: the client is refused as soon as it is owed nothing. */
  pinRefused = false;
  /** Replay is under way: the client's own messages wait. */
  replaying = false;
  replayError: Uint8Array | null = null;
  /** What is under way is for a client that keeps the server whatever the answer is. */
  restoring = false;
  rollbackSent = false;
  /** The server said FATAL to the client; its end needs no further words. */
  fatalSent = false;
  cancelsInFlight = 0;
  /** All is answered, but the last message (of a COPY that failed) is not through yet. */
  releaseDue = false;

  readonly statements: ServerStatements;
  unnamed: UnnamedStatement | null = null;
  /** Its unnamed statement was too long to be remembered: nothing of Weir's own is to end it. */
  keepsUnnamed = false;
  /** Settings that it holds beyond those it was opened with. */
  replay: ValueSet = noValues;
  /** Who had it last, and whose the values of sequences are that its session remembers. */
  lastClient: ClientSession | null = null;
  sequenceOwner: ClientSession | null = null;
  sequenceUsedAtMs = 0;
  /** When it was first found to be past its time, or replaced, and kept for its owner's values; 0: never. */
  overdueSinceMs = 0;
  /** Its owner waits to have it back. */
  wantedBy: ClientSession | null = null;
  /** Clients for which it is to write out what it has counted, before anybody else has it. */
  errandFor: ClientSession[] | null = null;
  errandSent = false;
  /** What its client's texts may have changed of them; null: nothing. */
  changed: ChangedSettings | null = null;
  /** The settings it is being asked for, and its answers; `names` null: it is asked for all that it holds. */
  probe: { readonly names: readonly string[] | null; readonly shown: string[] } | null = null;
  /** It is to be asked for all that it holds before anybody else gets it. */
  probeDue = false;
  /** On a client's own server: names that its texts have set, and whether they did what no probe shows. */
  readonly ownSettings = new Set<string>();
  neverUnpins = false;
  /** When its client had last been answered as it was asked whether it needs the server to itself. */
  askedAtMs = -1;
  /** It listens, or may listen, to channels for its client, which are to be given to the listener. */
  listens = false;
  handover: Handover | null = null;
  /** It stays with its client, and listens to what the listener hears for that, so that it can show it. */
  listensForShow = false;
  unlistening: Unlistening | null = null;
  /** It is nobody's but listens for all. */
  listener: Listener | null = null;
  /** Errors it has told. */
  errors = 0;
  /** Settings of a role or a database were changed here, which is told once the transaction is over. */
  newSessions = false;
  /** ParameterStatus values as the server last told them. */
  parameters: ValueSet = noValues;

  /** Bytes of the current frame still to come, and whether they go to the client. */
  passRemaining = 0;
  passForward = false;
  outputPaused = false;

  /** Spread over a tenth, so that servers opened together don't all end together. */
  private readonly lifetimeShare = 0.9 + 0.1 * (((this.id * 2_654_435_761) >>> 0) / 2 ** 32);
  private heldBytes: Uint8Array | null = null;

  constructor(
    pool: Pool,
    generation: number,
    statementsMax: number,
    dedicatedTo: ClientSession | null = null,
  ) {
    this.pool = pool;
    this.dedicatedTo = dedicatedTo;
    if (dedicatedTo !== null) this.replay = dedicatedTo.startup;
    this.generation = generation;
    this.statements = new ServerStatements(statementsMax);
  }

  /** A client's use of sequences is so recent that it may yet ask for the value. */
  guardsSequences(nowMs: number): boolean {
    const owner = this.sequenceOwner;
    return owner !== null && owner.state !== 'ended' && nowMs - this.sequenceUsedAtMs < sequenceGuardMs;
  }

  /** Its time is up, or it is to be replaced; it may stay a little for the values that its owner may yet ask for. */
  keptOverdue(nowMs: number): boolean {
    if (!this.guardsSequences(nowMs)) return false;
    if (this.overdueSinceMs === 0) this.overdueSinceMs = nowMs;
    return nowMs - this.overdueSinceMs < overdueKeptMs;
  }

  /** Postgres's major version as the server tells it; NaN: it has not. */
  get majorVersion(): number {
    return Number.parseInt(this.parameters.values.get('server_version') ?? '', 10);
  }

  /** Sends a simple query of Weir's own, whose answer no client sees. It ends the unnamed statement. */
  sendOwn(query: Uint8Array): void {
    this.unnamed = null;
    this.owed.push(Owed.Query | OwedBit.Skip, null);
    this.batchesSent++;
    this.peer!.write(query);
  }

  /** Something new is sent to it for the client that has it. */
  began(nowMs: number): void {
    this.answeredAtMs = 0;
    this.querySinceMs = nowMs;
    if (this.transactionStatus === TransactionStatus.Idle) this.transactionSinceMs = nowMs;
  }

  /** The age at which it is closed. */
  get lifetimeMs(): number {
    return this.pool.settings.serverLifetimeMs * this.lifetimeShare;
  }

  /** Keeps a copy of an incomplete frame. */
  hold(bytes: Uint8Array, from: number, to: number): void {
    this.heldBytes = copyOf(bytes, from, to);
  }

  /** What is held followed by `bytes[0..length)`, or null if nothing is held. */
  joinHeld(bytes: Uint8Array, length: number): Uint8Array | null {
    const held = this.heldBytes;
    if (held === null) return null;
    const joined = new Uint8Array(held.length + length);
    joined.set(held);
    joined.set(bytes.subarray(0, length), held.length);
    this.heldBytes = null;
    return joined;
  }
}
