// From a client to its server: cuts the client's bytes into frames, maps prepared statements, notes what is owed.
import { ClientMessage } from '@weir/protocol';
import { WordScan } from '@weir/sql';
import type { ClientSession } from './client-session.ts';
import type { Dispatcher } from './dispatcher.ts';
import { emitFakes } from './fake-replies.ts';
import { readyIdleFrame } from './messages.ts';
import { NameNote } from './name-note.ts';
import { needsDedicated } from './needs-dedicated.ts';
import { type Allocate, OutBuffer } from './out-buffer.ts';
import { pinReasonOf } from './pin.ts';
import { Owed, OwedBit } from './reply-queue.ts';
import { passFrame, RequestRun } from './request-run.ts';
import { type ServerSession, TransactionStatus } from './server-session.ts';
import { deallocateBytesMax, deallocatedName } from './sql-deallocate.ts';
import { StatementRequests } from './statement-requests.ts';
import { noteSequences, suspect } from './suspect.ts';
import { readsAsParsed, textEffects } from './text-effects.ts';

/** Limits on what one client may make Weir keep. Bytes. */
export interface RequestLimits {
  /** Held while a client waits, before reading from it stops. */
  readonly heldBytesMax: number;
  /** A message that is not there whole begins a checkout once this much of it is. */
  readonly checkoutBytes: number;
  /** A longer Parse is not remembered: its server is pinned instead. */
  readonly parseBytesMax: number;
  /** Unsent to a server, before reading from the client stops. */
  readonly unsentBytesMax: number;
}

export const defaultRequestLimits: RequestLimits = {
  heldBytesMax: 64 * 1024,
  checkoutBytes: 16 * 1024,
  parseBytesMax: 1024 * 1024,
  unsentBytesMax: 256 * 1024,
};

/** Same as the server's own limit on one message: longer is never real. */
const messageBytesMax = 0x3fffffff;
/** Same as PQ_SMALL_MESSAGE_LIMIT in the server, for the messages that hold no more than a name. */
const smallMessageBytesMax = 10_000;

/** What is known of a message by its type byte alone; or-ed. */
const TypeBit = {
  /** A client may send it after login. */
  Known: 1,
  /** It holds no more than a name. */
  Small: 2,
  /** It begins or goes on with a batch that a Sync ends. */
  InBatch: 4,
} as const;

// One table, since it is asked for every message.
const typeBits = new Uint8Array(256);
for (const type of Object.values(ClientMessage)) {
  if (type !== ClientMessage.Password) typeBits[type] = TypeBit.Known;
}
const { Parse, Bind, Describe, Execute, Close, Flush, Sync, CopyDone } = ClientMessage;
for (const type of [Describe, Execute, Close, Flush, Sync, CopyDone]) typeBits[type]! |= TypeBit.Small;
for (const type of [Parse, Bind, Describe, Execute, Close]) typeBits[type]! |= TypeBit.InBatch;

/** Carries the requests of all clients of a process. One instance: its buffers are shared by all. */
export class RequestForwarder {
  private readonly dispatcher: Dispatcher;
  private readonly limits: RequestLimits;
  private readonly bytesRun: RequestRun;
  private readonly statements: StatementRequests;
  private readonly fakes: OutBuffer;

  constructor(dispatcher: Dispatcher, allocate: Allocate, limits: RequestLimits = defaultRequestLimits) {
    this.dispatcher = dispatcher;
    this.limits = limits;
    this.bytesRun = new RequestRun(allocate, limits.unsentBytesMax);
    this.statements = new StatementRequests(dispatcher, limits, this.bytesRun);
    this.fakes = new OutBuffer(allocate);
    dispatcher.onReady = (client, nowMs) => {
      const attached = client.onAttached;
      if (attached === null) return this.goOn(client, nowMs);
      client.onAttached = null;
      attached();
    };
  }

  /** Bytes from a client, valid only during the call. */
  clientData(client: ClientSession, bytes: Uint8Array, length: number, nowMs: number): void {
    if (client.state === 'ended') return;
    if (client.heldLength > 0) {
      client.hold(bytes, 0, length);
      if (this.mayRun(client)) this.goOn(client, nowMs);
    } else if (this.mayRun(client)) {
      client.running = true;
      const reached = this.run(client, bytes, 0, length, nowMs);
      client.running = false;
      // A client that ended in the middle has dropped what it held.
      if (reached < length && !ended(client)) client.hold(bytes, reached, length);
    } else {
      client.hold(bytes, 0, length);
    }
    const stuck = client.stalled || !this.mayRun(client);
    if (client.heldLength > this.limits.heldBytesMax && !client.inputPaused && stuck) {
      client.inputPaused = true;
      client.peer.pause();
    }
  }

  /** All that was written to the client has left: it may begin new statements again. */
  clientDrained(client: ClientSession, nowMs: number): void {
    if (client.state === 'ended') return;
    client.outputBlocked = false;
    const server = client.server;
    if (server?.outputPaused) {
      server.outputPaused = false;
      server.peer!.resume();
    }
    if (this.mayRun(client)) this.goOn(client, nowMs);
  }

  /** All that was written to the server has left: its client may send more. */
  serverDrained(server: ServerSession, nowMs: number): void {
    const client = server.client;
    if (client !== null && this.mayRun(client)) this.goOn(client, nowMs);
  }

  /**
   * A cancel request met a client whose statement has not reached a server: it is answered with `errorFrame`, and its
   * messages up to the one that ends it are dropped. False if that one has not come yet; then nothing happens.
   */
  cancelWaiting(client: ClientSession, errorFrame: Uint8Array, nowMs: number): boolean {
    if (client.state !== 'waiting') return false;
    let canceled = false;
    client.useHeld((bytes, from, to) => {
      const end = endOfStatement(bytes, from, to);
      canceled = end > 0;
      return canceled ? end : from;
    });
    if (!canceled) return false;
    client.forgetLook();
    this.dispatcher.stopWaiting(client);
    client.peer.write(errorFrame);
    client.peer.write(readyIdleFrame);
    this.goOn(client, nowMs);
    return true;
  }

  private mayRun(client: ClientSession): boolean {
    if (client.state === 'waiting' || client.state === 'ended') return false;
    const server = client.server;
    if (server === null) return !client.outputBlocked;
    return !server.replaying && server.peer!.unsentBytes <= this.limits.unsentBytesMax;
  }

  private goOn(client: ClientSession, nowMs: number): void {
    // Serving other clients on the way may lead back here: the bytes in hand are not to be used twice.
    if (client.running) return;
    if (client.listening !== null) this.dispatcher.channels.tell(client, nowMs);
    client.running = true;
    client.useHeld((bytes, from, to) => this.run(client, bytes, from, to, nowMs));
    client.running = false;
    if (ended(client)) return;
    if (client.inputPaused && !client.stalled && this.mayRun(client)) {
      client.inputPaused = false;
      client.peer.resume();
    }
  }

  /** Uses as much of `bytes[from..to)` as can be used now; returns how far it got. */
  private run(client: ClientSession, bytes: Uint8Array, from: number, to: number, nowMs: number): number {
    this.bytesRun.nowMs = nowMs;
    this.bytesRun.from = from;
    client.stalled = false;
    let at = from;
    while (at < to) {
      if (client.passRemaining > 0) {
        at = this.pass(client, bytes, at, to);
        continue;
      }
      if (to - at < 5) break;
      const type = bytes[at]!;
      const length = (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!;
      const bits = typeBits[type]!;
      const bytesMax = (bits & TypeBit.Small) === 0 ? messageBytesMax : smallMessageBytesMax;
      if (bits === 0 || length < 4 || length > bytesMax) {
        this.bytesRun.flush(client, bytes, at);
        this.violation(client, type, length);
        return to;
      }
      const frameEnd = at + length + 1;
      if (type === ClientMessage.Terminate) {
        this.bytesRun.flush(client, bytes, at);
        this.dispatcher.clientEnded(client, 'terminate', nowMs);
        return to;
      }
      let server = client.server;
      if (server === null) {
        this.bytesRun.from = at;
        if (this.answeredHere(client, type, length + 1)) continue;
        // A frozen client with half a message holds nothing; a big message need not be whole in our memory.
        if (frameEnd > to && to - at < this.limits.checkoutBytes) break;
        if (client.outputBlocked) break;
        const dedicated =
          client.dedicated ?? needsDedicated(client, bytes, type, at, Math.min(frameEnd, to), frameEnd <= to);
        server =
          dedicated === null
            ? this.dispatcher.checkout(client, nowMs)
            : this.dispatcher.dedicated.checkout(client, dedicated, nowMs);
        if (server === null) break;
      } else if (server.replaying) {
        break;
      }
      const next = this.message(client, server, bytes, type, at, frameEnd, to);
      if (next < 0) break;
      if ((bits & TypeBit.InBatch) !== 0) server.midBatch = true;
      at = next;
    }
    this.bytesRun.flush(client, bytes, at);
    this.releaseIfDone(client);
    return at;
  }

  /** Passes on, or drops, what has come of the frame under way. */
  private pass(client: ClientSession, bytes: Uint8Array, at: number, to: number): number {
    const end = Math.min(to, at + client.passRemaining);
    client.passRemaining -= end - at;
    if (client.passDropped) {
      this.bytesRun.from = end;
      if (client.passRemaining === 0) client.passDropped = false;
      return end;
    }
    const scan = client.passScan;
    if (scan !== null) {
      scan.feed(bytes, at, end);
      if (client.passRemaining === 0) {
        client.passScan = null;
        const tracking = client.pool.settings.stateTracking;
        const suspicion = tracking === 'off' ? 0 : scan.end();
        if (client.server !== null) noteSequences(client.server, client, suspicion, this.bytesRun.nowMs);
        const reason = pinReasonOf(suspicion);
        if (client.server !== null && tracking === 'strict') client.server.probeDue = true;
        if (client.server !== null && reason !== null)
          this.dispatcher.pinServer(client.server, reason, this.bytesRun.nowMs);
      }
    }
    return end;
  }

  /** What needs no server: stale COPY data, Flush and Sync of a client that is owed nothing. True if it was used. */
  private answeredHere(client: ClientSession, type: number, frameBytes: number): boolean {
    switch (type) {
      case ClientMessage.Sync:
        client.idleSinceMs = this.bytesRun.nowMs;
        client.peer.write(readyIdleFrame);
        break;
      // The server ignores these outside COPY: a client may not have seen yet that its COPY failed.
      case ClientMessage.CopyData:
      case ClientMessage.CopyDone:
      case ClientMessage.CopyFail:
      case ClientMessage.Flush:
        break;
      default:
        return false;
    }
    client.passRemaining = frameBytes;
    client.passDropped = true;
    return true;
  }

  /** One frame at `at`; returns where the next begins, or -1 if more of it must come first. */
  private message(
    client: ClientSession,
    server: ServerSession,
    bytes: Uint8Array,
    type: number,
    at: number,
    frameEnd: number,
    to: number,
  ): number {
    const whole = frameEnd <= to;
    if (
      server.releaseDue &&
      type !== ClientMessage.CopyData &&
      type !== ClientMessage.CopyDone &&
      type !== ClientMessage.CopyFail
    ) {
      server.releaseDue = false;
    }
    if (server.skipping && type !== ClientMessage.Sync) return passFrame(client, at, frameEnd, to);
    if (server.dedicatedTo !== null && ownOwed[type] !== 0) {
      return this.passOwn(client, server, bytes, type, at, frameEnd, to);
    }
    switch (type) {
      case ClientMessage.Query:
        return this.query(client, server, bytes, at, frameEnd, to);
      case ClientMessage.Parse:
        if (whole) return this.statements.parse(client, server, bytes, at, frameEnd);
        return this.statements.partialParse(client, server, bytes, at, frameEnd, to);
      case ClientMessage.Bind:
        return this.statements.bind(client, server, bytes, at, frameEnd, to);
      case ClientMessage.Describe:
      case ClientMessage.Close:
        return whole ? this.statements.describeOrClose(client, server, bytes, type, at, frameEnd) : -1;
      case ClientMessage.Execute:
        return whole ? this.statements.execute(client, server, bytes, at, frameEnd) : -1;
      case ClientMessage.Sync:
        if (!whole) return -1;
        if (!server.copyIn) {
          client.bound = null;
          server.midBatch = false;
          server.skipping = false;
          server.owed.push(Owed.Sync, null);
          server.batchesSent++;
        }
        return frameEnd;
      case ClientMessage.Flush:
        if (!whole) return -1;
        if (!server.copyIn && emitFakes(server, this.fakes)) this.fakes.flushTo(client.peer);
        return frameEnd;
      case ClientMessage.FunctionCall:
        if (client.pool.settings.stateTracking === 'strict') server.probeDue = true;
        server.owed.push(Owed.FunctionCall, null);
        server.midBatch = false;
        server.batchesSent++;
        return passFrame(client, at, frameEnd, to);
      case ClientMessage.CopyDone:
      case ClientMessage.CopyFail:
        if (server.copyIn) server.copyIn = false;
        else if (server.owed.length > 0) server.owed.push(Owed.CopyEnd, null);
        return passFrame(client, at, frameEnd, to);
      default:
        return passFrame(client, at, frameEnd, to);
    }
  }

  private query(
    client: ClientSession,
    server: ServerSession,
    bytes: Uint8Array,
    at: number,
    frameEnd: number,
    to: number,
  ): number {
    // One this short could be a DEALLOCATE, which must be there whole.
    if (frameEnd > to && frameEnd - at <= deallocateBytesMax) return -1;
    const name = frameEnd > to ? null : deallocatedName(bytes, at + 5, frameEnd);
    if (name !== null && this.mustWaitForAnswers(client, server, bytes, at)) return -1;
    const certain =
      server.owed.length === 0 &&
      server.transactionStatus === TransactionStatus.Idle &&
      !server.midBatch &&
      server.changed === null;
    const { looked } = client;
    client.forgetLook();
    client.pool.queriesTotal++;
    // A simple Query ends the unnamed statement.
    const unnamed = client.unnamed;
    client.unnamed = null;
    client.unnamedBatch = server.batchesSent++;
    server.midBatch = false;
    server.unnamed = null;
    server.keepsUnnamed = false;
    if (frameEnd > to) {
      server.owed.push(Owed.Query, unnamed);
      client.passRemaining = frameEnd - at;
      client.passDropped = false;
      client.passScan = new WordScan();
      client.passScan.start();
      return at;
    }
    const statement = name === null ? undefined : client.statements.get(name);
    if (statement !== undefined) {
      // Other clients may use it on this server: only this client's name for it ends. A Sync ends what a Query would.
      client.statements.delete(name!);
      client.namesBatch = client.unnamedBatch;
      this.bytesRun.cut(bytes, at, frameEnd);
      this.bytesRun.out.addHeader(ClientMessage.Sync, 0);
      server.owed.push(Owed.Query, new NameNote(client, name!, statement, false));
      return frameEnd;
    }
    const effects =
      looked === undefined
        ? textEffects(bytes, at + 5, frameEnd - 1, client.pool.settings.stateTracking)
        : looked;
    if (effects === null) {
      server.owed.push(Owed.Query, unnamed);
      return frameEnd;
    }
    suspect(this.dispatcher, server, effects, certain, this.bytesRun.nowMs);
    const understood = effects.session !== null && readsAsParsed(server.parameters);
    server.owed.push(understood ? Owed.Query | OwedBit.Understood : Owed.Query, unnamed);
    return frameEnd;
  }

  /**
   * True as long as anything before the message at `at` is unanswered; then the server is asked to answer it. For a
   * simple DEALLOCATE, which needs to know what names stand for and whether the transaction has failed.
   */
  private mustWaitForAnswers(
    client: ClientSession,
    server: ServerSession,
    bytes: Uint8Array,
    at: number,
  ): boolean {
    const { owed } = server;
    if (owed.length === 0 || server.copyIn) return false;
    if (emitFakes(server, this.fakes)) this.fakes.flushTo(client.peer);
    if (owed.length === 0) return false;
    if (server.midBatch) {
      this.bytesRun.cut(bytes, at, at);
      this.bytesRun.out.addHeader(ClientMessage.Flush, 0);
    }
    client.stalled = true;
    return true;
  }

  /** A request to a server connection of the client's own: nothing is renamed there, only counted. */
  private passOwn(
    client: ClientSession,
    server: ServerSession,
    bytes: Uint8Array,
    type: number,
    at: number,
    frameEnd: number,
    to: number,
  ): number {
    client.forgetLook();
    if (type === ClientMessage.Query || type === ClientMessage.Bind) client.pool.queriesTotal++;
    if (type === ClientMessage.Query) {
      server.batchesSent++;
      server.midBatch = false;
    }
    if (type === ClientMessage.Query || type === ClientMessage.Parse) {
      if (frameEnd > to) server.neverUnpins = true;
      else this.dispatcher.dedicated.note(client, server, bytes, type, at, frameEnd);
    }
    server.owed.push(ownOwed[type]!, null);
    return passFrame(client, at, frameEnd, to);
  }

  /** The rest of a message whose reply came early (a COPY that failed) is through: now the server is free. */
  private releaseIfDone(client: ClientSession): void {
    const server = client.server;
    if (server === null || server.owed.length > 0 || client.passRemaining > 0 || !server.releaseDue) return;
    server.releaseDue = false;
    this.dispatcher.settings.settle(server, this.bytesRun.nowMs);
  }

  private violation(client: ClientSession, type: number, length: number): void {
    const server = client.server;
    const detail =
      typeBits[type] === 0
        ? `invalid frontend message type ${type}`
        : `invalid length ${length} in message "${String.fromCharCode(type)}"`;
    this.dispatcher.refuse(client, { kind: 'protocol-violation', detail }, this.bytesRun.nowMs);
    if (server !== null) this.dispatcher.close(server, 'client-gone', this.bytesRun.nowMs);
  }
}

// What is owed for each request that is renamed on shared servers and not on a client's own.
const ownOwed = new Uint8Array(256);
ownOwed[ClientMessage.Query] = Owed.Query;
ownOwed[ClientMessage.Parse] = Owed.Parse;
ownOwed[ClientMessage.Bind] = Owed.Bind;
ownOwed[ClientMessage.Describe] = Owed.Describe;
ownOwed[ClientMessage.Execute] = Owed.Execute;
ownOwed[ClientMessage.Close] = Owed.Close;

function ended(client: ClientSession): boolean {
  return client.state === 'ended';
}

/** Where the first statement in `bytes[from..to)` ends, with its Query, FunctionCall or Sync; -1 if that is not there. */
function endOfStatement(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (to - at >= 5) {
    const type = bytes[at]!;
    const length = (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!;
    at += length + 1;
    if (length < 4 || at > to) return -1;
    if (type === ClientMessage.Query || type === ClientMessage.Sync || type === ClientMessage.FunctionCall)
      return at;
  }
  return -1;
}
