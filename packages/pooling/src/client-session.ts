// Where one client stands: waiting, served or idle, what it prepared, and which of its bytes are not used yet.
import type { WordScan } from '@weir/sql';
import type { PinReason } from './close-reason.ts';
import type { IdleBucket } from './idle-clients.ts';
import type { Listening } from './listener.ts';
import type { Peer } from './out-buffer.ts';
import type { Pool } from './pool.ts';
import type { Statement, UnnamedStatement } from './prepared-statements.ts';
import { type ServerSession, TransactionStatus } from './server-session.ts';
import type { TextEffects } from './text-effects.ts';
import type { ValueSet } from './value-set.ts';

// A client that waits holds, most often, one small message: its memory goes from waiter to waiter. Bytes.
const spareBytes = 1024;
const sparesMax = 256;

/** More servers than this are not remembered; what they have counted is written out within seconds anyway. */
const recentServersMax = 16;
const spares: Uint8Array[] = [];

// Shared by all that have none of it; never written to.
const noServers: ServerSession[] = [];
const noReasons: readonly PinReason[] = [];

/** `idle`: owed nothing. `waiting`: in its pool's queue. `active`: has a server connection. `ended`: gone. */
export type ClientState = 'idle' | 'waiting' | 'active' | 'ended';

/** What is needed to begin serving a client that has logged in. */
export interface ClientStart {
  readonly peer: Peer;
  readonly pool: Pool;
  /** Startup settings that are not part of the pool's key; set on each server before this client's statements. */
  readonly replay: ValueSet;
  /** ParameterStatus values the client was greeted with. */
  readonly told: ValueSet;
}

/** The pooled side of one client connection. Changed only by the dispatcher and the two forwarders. */
export class ClientSession {
  readonly peer: Peer;
  readonly pool: Pool;
  /** Startup settings that are not part of the pool's key. */
  readonly startup: ValueSet;
  /** Its settings now, as the server showed them: those of its startup and what it has set since. */
  replay: ValueSet;
  told: ValueSet;
  state: ClientState = 'idle';
  server: ServerSession | null = null;
  /** Why it is to have a server connection of its own, opened for it alone. */
  dedicated: PinReason | null = null;
  dedicatedStatement: string | null = null;
  /** The server connection it had last, and the one on which it last used a sequence. */
  lastServer: ServerSession | null = null;
  sequenceServer: ServerSession | null = null;
  /** Those that it has had lately, each once. */
  recentServers: ServerSession[] = noServers;
  /** When it called nextval, setval or currval last. */
  sequenceCallAtMs = Number.NEGATIVE_INFINITY;
  /** Its next statement may use a sequence. */
  sequencesAhead = false;
  /** Its next statement asks which channels it listens to. */
  showsChannels = false;
  /** What it hears of by a listener; null: nothing. */
  listening: Listening | null = null;
  /** What the text of its next message may do, if that has been looked at already; undefined: it has not. */
  looked: TextEffects | null | undefined = undefined;
  /** Its next message is a Parse of just what its unnamed statement is already. */
  sameUnnamed = false;
  /** What its next message, a Bind, names, and the statement that this stands for, if that has been read already. */
  lookedName: string | null = null;
  lookedStatement: Statement | undefined = undefined;
  /** Servers that are to go on an errand, one after the other, before its statement may run. */
  errands: ServerSession[] = noServers;
  checkouts = 0;
  /** Why it got server connections that stayed with it. */
  pinReasons: readonly PinReason[] = noReasons;
  /** How often it got another server connection than the one before. */
  serverChanges = 0;
  /** The one that is being opened for it. */
  opening: ServerSession | null = null;
  /** Takes it out of the queue for one. */
  stopWaiting: (() => void) | null = null;

  /** Since when it is owed nothing and holds no server. */
  idleSinceMs = 0;
  /** Where it stands among those that are looked at for having been idle. */
  idleBucket: IdleBucket | null = null;

  /** When the wait for the next checkout began, ms of the caller's clock. */
  waitSinceMs = 0;
  /** It was told that it waits. */
  noticed = false;

  /** Called in place of going on with its bytes when it gets a server: for the greeting, which asks nothing of it. */
  onAttached: (() => void) | null = null;

  /** Bytes of the current frame still to come that go straight on (or nowhere, if `passDropped`). */
  passRemaining = 0;
  passDropped = false;
  /** Looks through a Query that is passed on before it is there whole. */
  passScan: WordScan | null = null;

  /** The peer takes bytes slower than they come: no new statement is begun before it has drained. */
  outputBlocked = false;
  /** Its bytes are being gone through further up the stack. */
  running = false;
  inputPaused = false;

  readonly statements = new Map<string, Statement>();
  unnamed: UnnamedStatement | null = null;
  /** On a server of its own: the server's errors when the unnamed statement was made. With more since it may be gone. */
  unnamedErrors = 0;
  /** What was bound to the unnamed portal last, as far as it is known. */
  bound: UnnamedStatement | null = null;

  /** In which batch of its server this client last changed its unnamed statement, or its names; -1: long ago. */
  unnamedBatch = -1;
  namesBatch = -1;
  /** Its next message names a statement of which nobody knows yet whether an earlier batch made it. */
  stalled = false;

  private heldBytes: Uint8Array | null = null;
  private heldFrom = 0;
  private heldTo = 0;
  private heldInUse = false;
  private heldLent = false;

  constructor(start: ClientStart) {
    this.peer = start.peer;
    this.pool = start.pool;
    this.startup = start.replay;
    this.replay = start.replay;
    this.told = start.told;
  }

  /** Nothing is owed to it and no transaction of it is open, whether or not it has a server connection to itself. */
  get atRest(): boolean {
    if (this.state === 'idle') return true;
    const { server } = this;
    return (
      this.state === 'active' &&
      server?.pin != null &&
      server.owed.length === 0 &&
      server.transactionStatus === TransactionStatus.Idle &&
      !server.midBatch &&
      !server.replaying &&
      this.passRemaining === 0
    );
  }

  /** Notes the server that it leaves, which is another than the one before. */
  changedServer(server: ServerSession): void {
    this.lastServer = server;
    const { recentServers } = this;
    if (recentServers.length === 0) {
      this.recentServers = [server];
      return;
    }
    if (recentServers.includes(server)) return;
    if (recentServers.length >= recentServersMax) recentServers.shift();
    recentServers.push(server);
  }

  /** Bytes that came but could not be used yet. */
  get heldLength(): number {
    return this.heldTo - this.heldFrom;
  }

  /** Forgets what was seen of its next message before it had a server: the message is used now, or dropped. */
  forgetLook(): void {
    this.looked = undefined;
    this.sameUnnamed = false;
    this.lookedName = null;
    this.lookedStatement = undefined;
  }

  /** Keeps a copy of `bytes[from..to)` behind what is held already. */
  hold(bytes: Uint8Array, from: number, to: number): void {
    const count = to - from;
    const length = this.heldLength;
    let held = this.heldBytes;
    if (held === null || this.heldTo + count > held.length) {
      const room =
        held === null && count <= spareBytes
          ? (spares.pop() ?? new Uint8Array(spareBytes))
          : new Uint8Array(Math.max((length + count) * 2, held?.length ?? 0));
      if (held !== null) room.set(held.subarray(this.heldFrom, this.heldTo));
      this.heldLent = false;
      held = room;
      this.heldBytes = held;
      this.heldFrom = 0;
      this.heldTo = length;
    }
    held.set(bytes.subarray(from, to), this.heldTo);
    this.heldTo += count;
  }

  /** Hands out what is held through `use`, which returns how far it got; the rest stays held. */
  useHeld(use: (bytes: Uint8Array, from: number, to: number) => number): void {
    const bytes = this.heldBytes;
    if (bytes === null) return;
    const to = this.heldTo;
    this.heldInUse = true;
    const reached = use(bytes, this.heldFrom, to);
    this.heldInUse = false;
    // It may have ended on the way.
    if (this.heldBytes !== bytes) return;
    this.heldFrom = reached;
    // Memory is kept only while bytes are in flight: thousands of idle clients hold none.
    if (reached === this.heldTo) this.dropHeld();
  }

  /** A write has kept a view of what is held, until the peer has drained. */
  lendHeld(): void {
    this.heldLent = true;
  }

  dropHeld(): void {
    const held = this.heldBytes;
    if (held?.length === spareBytes && !this.heldInUse && !this.heldLent && spares.length < sparesMax) {
      spares.push(held);
    }
    this.heldBytes = null;
    this.heldFrom = 0;
    this.heldTo = 0;
  }
}
