// From a client to its server: cuts the client's bytes into frames, maps prepared statements, notes what is owed.
import { ClientMessage, copyOf } from '@weir/protocol';
import { WordScan } from '@weir/sql';
import { ChangedSettings } from './changed-settings.ts';
import type { ClientSession } from './client-session.ts';
import type { Dispatcher } from './dispatcher.ts';
import { emitFakes } from './fake-replies.ts';
import { addCloseStatement, addParse, readyIdleFrame } from './messages.ts';
import { NameNote } from './name-note.ts';
import { indexOfNul, nameText } from './names.ts';
import { asksItsSession, needsDedicated } from './needs-dedicated.ts';
import { type Allocate, OutBuffer } from './out-buffer.ts';
import { pinReasonOf } from './pin.ts';
import { type Statement, sameBytes, UnnamedStatement } from './prepared-statements.ts';
import { Owed, OwedBit } from './reply-queue.ts';
import { type ServerSession, TransactionStatus } from './server-session.ts';
import { deallocateBytesMax, deallocatedName } from './sql-deallocate.ts';
import { readsAsParsed, type TextEffects, textEffects } from './text-effects.ts';
import { typeTable } from './type-table.ts';

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

// Every type byte a client may send after login.
const knownType = typeTable(Object.values(ClientMessage).filter((type) => type !== ClientMessage.Password));

/** Same as PQ_SMALL_MESSAGE_LIMIT in the server, for the messages that hold no more than a name. */
const smallMessageBytesMax = 10_000;
const smallType = typeTable([
  ClientMessage.Describe,
  ClientMessage.Execute,
  ClientMessage.Close,
  ClientMessage.Flush,
  ClientMessage.Sync,
  ClientMessage.CopyDone,
]);

const extendedType = typeTable([
  ClientMessage.Parse,
  ClientMessage.Bind,
  ClientMessage.Describe,
  ClientMessage.Execute,
  ClientMessage.Close,
]);

/** Carries the requests of all clients of a process. One instance: its buffers are shared by all. */
export class RequestForwarder {
  private readonly dispatcher: Dispatcher;
  private readonly limits: RequestLimits;
  private readonly out: OutBuffer;
  private readonly fakes: OutBuffer;
  private nowMs = 0;
  // Where the bytes begin that go on unchanged; a field, since handlers of single messages move it.
  private runFrom = 0;

  constructor(dispatcher: Dispatcher, allocate: Allocate, limits: RequestLimits = defaultRequestLimits) {
    this.dispatcher = dispatcher;
    this.limits = limits;
    this.out = new OutBuffer(allocate);
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
    this.nowMs = nowMs;
    this.runFrom = from;
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
      if (
        knownType[type] === 0 ||
        length < 4 ||
        length > (smallType[type] === 0 ? messageBytesMax : smallMessageBytesMax)
      ) {
        this.flush(client, bytes, at);
        this.violation(client, type, length);
        return to;
      }
      const frameEnd = at + length + 1;
      if (type === ClientMessage.Terminate) {
        this.flush(client, bytes, at);
        this.dispatcher.clientEnded(client, 'terminate', nowMs);
        return to;
      }
      let server = client.server;
      if (server === null) {
        this.runFrom = at;
        if (this.answeredHere(client, type, length + 1)) continue;
        // A frozen client with half a message holds nothing; a big message need not be whole in our memory.
        if (frameEnd > to && to - at < this.limits.checkoutBytes) break;
        if (client.outputBlocked) break;
        const dedicated = client.dedicated ?? needsDedicated(client, bytes, type, at, Math.min(frameEnd, to));
        if (dedicated === null) {
          server = this.dispatcher.checkout(client, nowMs);
        } else if (asksItsSession.has(dedicated)) {
          server = this.dispatcher.checkoutHome(client, dedicated, nowMs);
        }
        if (server === null && client.server === null && dedicated !== null) {
          this.dispatcher.checkoutDedicated(client, dedicated, nowMs);
        }
        if (server === null) break;
      } else if (server.replaying) {
        break;
      }
      const next = this.message(client, server, bytes, type, at, frameEnd, to);
      if (next < 0) break;
      if (extendedType[type] === 1) server.midBatch = true;
      at = next;
    }
    this.flush(client, bytes, at);
    this.releaseIfDone(client);
    return at;
  }

  /** Passes on, or drops, what has come of the frame under way. */
  private pass(client: ClientSession, bytes: Uint8Array, at: number, to: number): number {
    const end = Math.min(to, at + client.passRemaining);
    client.passRemaining -= end - at;
    if (client.passDropped) {
      this.runFrom = end;
      if (client.passRemaining === 0) client.passDropped = false;
      return end;
    }
    const scan = client.passScan;
    if (scan !== null) {
      scan.feed(bytes, at, end);
      if (client.passRemaining === 0) {
        client.passScan = null;
        const reason = pinReasonOf(scan.end());
        if (client.server !== null && reason !== null)
          this.dispatcher.pinServer(client.server, reason, this.nowMs);
      }
    }
    return end;
  }

  /** What needs no server: stale COPY data, Flush and Sync of a client that is owed nothing. True if it was used. */
  private answeredHere(client: ClientSession, type: number, frameBytes: number): boolean {
    switch (type) {
      case ClientMessage.Sync:
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
      type !== ClientMessage.CopyData &&
      type !== ClientMessage.CopyDone &&
      type !== ClientMessage.CopyFail
    ) {
      server.releaseDue = false;
    }
    if (server.skipping && type !== ClientMessage.Sync) return this.passFrame(client, at, frameEnd, to);
    if (server.dedicatedTo !== null && ownOwed[type] !== 0) {
      return this.passOwn(client, server, type, at, frameEnd, to);
    }
    switch (type) {
      case ClientMessage.Query:
        return this.query(client, server, bytes, at, frameEnd, to);
      case ClientMessage.Parse:
        if (whole) return this.parse(client, server, bytes, at, frameEnd);
        return this.partialParse(client, server, bytes, at, frameEnd, to);
      case ClientMessage.Bind:
        return this.bind(client, server, bytes, at, frameEnd, to);
      case ClientMessage.Describe:
      case ClientMessage.Close:
        return whole ? this.describeOrClose(client, server, bytes, type, at, frameEnd) : -1;
      case ClientMessage.Execute:
        return whole ? this.execute(client, server, bytes, at, frameEnd) : -1;
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
        server.owed.push(Owed.FunctionCall, null);
        server.midBatch = false;
        server.batchesSent++;
        return this.passFrame(client, at, frameEnd, to);
      case ClientMessage.CopyDone:
      case ClientMessage.CopyFail:
        if (server.copyIn) server.copyIn = false;
        else if (server.owed.length > 0) server.owed.push(Owed.CopyEnd, null);
        return this.passFrame(client, at, frameEnd, to);
      default:
        return this.passFrame(client, at, frameEnd, to);
    }
  }

  private passFrame(client: ClientSession, at: number, frameEnd: number, to: number): number {
    if (frameEnd <= to) return frameEnd;
    client.passRemaining = frameEnd - at;
    client.passDropped = false;
    return at;
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
    client.pool.queriesTotal++;
    // A simple Query ends the unnamed statement.
    const unnamed = client.unnamed;
    client.unnamed = null;
    client.unnamedBatch = server.batchesSent++;
    server.midBatch = false;
    server.unnamed = null;
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
      this.cut(bytes, at, frameEnd);
      this.out.addHeader(ClientMessage.Sync, 0);
      server.owed.push(Owed.Query, new NameNote(client, name!, statement, false));
      return frameEnd;
    }
    const effects = textEffects(bytes, at + 5, frameEnd - 1);
    if (effects === null) {
      server.owed.push(Owed.Query, unnamed);
      return frameEnd;
    }
    this.suspect(server, effects, certain);
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
      this.cut(bytes, at, at);
      this.out.addHeader(ClientMessage.Flush, 0);
    }
    client.stalled = true;
    return true;
  }

  private parse(
    client: ClientSession,
    server: ServerSession,
    bytes: Uint8Array,
    at: number,
    frameEnd: number,
  ): number {
    const nameEnd = bytes.indexOf(0, at + 5);
    if (nameEnd < 0 || nameEnd >= frameEnd) return this.passFrame(client, at, frameEnd, frameEnd);
    const payloadFrom = nameEnd + 1;
    if (nameEnd === at + 5) {
      const before = client.unnamed;
      if (before === null || !sameBytes(before.payload, bytes, payloadFrom, frameEnd)) {
        client.unnamed = new UnnamedStatement(copyOf(bytes, payloadFrom, frameEnd));
      }
      server.unnamed = client.unnamed;
      client.unnamedBatch = server.batchesSent;
      server.owed.push(Owed.ParseUnnamed, before);
      return frameEnd;
    }
    if (this.uncertain(client, server, lastChange(client, server, false))) return -1;
    client.namesBatch = server.batchesSent;
    const name = nameText(bytes, at + 5, nameEnd);
    const existing = client.statements.get(name);
    const statement = existing ?? client.pool.statements.take(bytes, payloadFrom, frameEnd);
    const note = new NameNote(client, name, statement, existing !== undefined);
    if (existing !== undefined) {
      // The server itself has to say that the name is taken, after its other checks of the text.
      this.give(server, existing, bytes, at);
    } else {
      client.statements.set(name, statement);
      const there = server.statements.has(statement);
      const certain = server.batchesDone === server.batchesSent;
      if (there && certain && server.transactionStatus !== TransactionStatus.Failed) {
        this.cut(bytes, at, frameEnd);
        server.owed.push(Owed.Parse | OwedBit.Fake, note);
        return frameEnd;
      }
      if (there) {
        // Only the server knows whether a transaction has failed by then, or its failure is over: it has to judge itself.
        this.cut(bytes, at, at);
        addCloseStatement(this.out, statement.serverNameBytes);
        server.owed.push(Owed.Close | OwedBit.Skip, statement);
      }
      this.makeRoom(server, bytes, at);
      server.statements.touch(statement);
    }
    this.cut(bytes, at, payloadFrom);
    this.out.addHeader(ClientMessage.Parse, statement.serverNameBytes.length + 1 + frameEnd - payloadFrom);
    this.out.add(statement.serverNameBytes);
    this.out.addByte(0);
    server.owed.push(Owed.Parse, note);
    return frameEnd;
  }

  /** A Parse that is not there whole: waited for, or passed on if it is too long to be remembered. */
  private partialParse(
    client: ClientSession,
    server: ServerSession,
    bytes: Uint8Array,
    at: number,
    frameEnd: number,
    to: number,
  ): number {
    if (frameEnd - at <= this.limits.parseBytesMax || to - at < 6) return -1;
    if (bytes[at + 5] !== 0) {
      // Named and huge: it must be kept to be known elsewhere, and nobody may make us keep that much.
      if (frameEnd - at <= 16 * this.limits.parseBytesMax) return -1;
      this.flush(client, bytes, at);
      const bytesMax = 16 * this.limits.parseBytesMax;
      this.dispatcher.refuse(
        client,
        { kind: 'message-too-large', bytes: frameEnd - at, bytesMax },
        this.nowMs,
      );
      this.dispatcher.close(server, 'client-gone', this.nowMs);
      return -1;
    }
    this.dispatcher.pinServer(server, 'large-statement', this.nowMs);
    server.owed.push(Owed.ParseUnnamed, client.unnamed);
    client.unnamed = null;
    server.unnamed = null;
    return this.passFrame(client, at, frameEnd, to);
  }

  private bind(
    client: ClientSession,
    server: ServerSession,
    bytes: Uint8Array,
    at: number,
    frameEnd: number,
    to: number,
  ): number {
    const limit = Math.min(frameEnd, to);
    const portalEnd = indexOfNul(bytes, at + 5, limit);
    const nameEnd = portalEnd < 0 ? -1 : indexOfNul(bytes, portalEnd + 1, limit);
    if (nameEnd < 0) {
      if (limit < frameEnd && to - at < this.limits.heldBytesMax) return -1;
      client.bound = null;
      server.owed.push(Owed.Bind, null);
      return this.passFrame(client, at, frameEnd, to);
    }
    const unnamed = nameEnd === portalEnd + 1;
    if (this.uncertain(client, server, lastChange(client, server, unnamed))) return -1;
    client.pool.queriesTotal++;
    const ofUnnamedPortal = portalEnd === at + 5;
    if (unnamed) {
      this.useUnnamed(client, server, bytes, at);
      if (ofUnnamedPortal) client.bound = client.unnamed;
      server.owed.push(Owed.Bind, null);
      return this.passFrame(client, at, frameEnd, to);
    }
    const statement = client.statements.get(nameText(bytes, portalEnd + 1, nameEnd));
    if (ofUnnamedPortal) client.bound = statement ?? null;
    // A name that the client never prepared goes on as it is: the server has none like it and says so.
    if (statement === undefined) {
      server.owed.push(Owed.Bind, null);
      return this.passFrame(client, at, frameEnd, to);
    }
    this.use(server, statement, bytes, at);
    this.cut(bytes, at, nameEnd);
    const nameBytes = statement.serverNameBytes;
    this.out.addHeader(ClientMessage.Bind, frameEnd - at - 5 - (nameEnd - portalEnd - 1) + nameBytes.length);
    this.out.append(bytes, at + 5, portalEnd + 1);
    this.out.add(nameBytes);
    server.owed.push(
      Owed.Bind,
      new NameNote(client, nameText(bytes, portalEnd + 1, nameEnd), statement, true),
    );
    if (frameEnd <= to) return frameEnd;
    client.passRemaining = frameEnd - nameEnd;
    client.passDropped = false;
    return nameEnd;
  }

  private execute(
    client: ClientSession,
    server: ServerSession,
    bytes: Uint8Array,
    at: number,
    frameEnd: number,
  ): number {
    const bound = bytes[at + 5] === 0 ? client.bound : null;
    const name = bound?.deallocates ?? null;
    if (name === null) {
      const understood = bound?.effects?.session != null && readsAsParsed(server.parameters);
      server.owed.push(understood ? Owed.Execute | OwedBit.Understood : Owed.Execute, null);
      return frameEnd;
    }
    if (this.uncertain(client, server, lastChange(client, server, false))) return -1;
    client.bound = null;
    const statement = client.statements.get(name);
    if (statement === undefined) {
      server.owed.push(Owed.Execute, null);
      return frameEnd;
    }
    // As with Close: other clients may use it on this server. The Bind before it is refused where this would be.
    client.statements.delete(name);
    client.namesBatch = server.batchesSent;
    this.cut(bytes, at, frameEnd);
    server.owed.push(Owed.Execute | OwedBit.Fake, new NameNote(client, name, statement, false));
    return frameEnd;
  }

  private describeOrClose(
    client: ClientSession,
    server: ServerSession,
    bytes: Uint8Array,
    type: number,
    at: number,
    frameEnd: number,
  ): number {
    const closing = type === ClientMessage.Close;
    const owed = closing ? Owed.Close : Owed.Describe;
    const ofStatement = bytes[at + 5] === 0x53;
    const nameEnd = frameEnd - 1;
    if (!ofStatement || frameEnd - at < 7) {
      server.owed.push(owed, null);
      return frameEnd;
    }
    const unnamed = nameEnd === at + 6;
    if (this.uncertain(client, server, lastChange(client, server, unnamed))) return -1;
    if (unnamed) {
      if (closing) {
        client.unnamedBatch = server.batchesSent;
        client.unnamed = null;
        server.unnamed = null;
      } else {
        this.useUnnamed(client, server, bytes, at);
      }
      server.owed.push(owed, null);
      return frameEnd;
    }
    const name = nameText(bytes, at + 6, nameEnd);
    const statement = client.statements.get(name);
    if (statement === undefined) {
      server.owed.push(owed, null);
      return frameEnd;
    }
    if (closing) {
      // Other clients may use it on this server: only this client's name for it ends.
      client.statements.delete(name);
      client.namesBatch = server.batchesSent;
      this.cut(bytes, at, frameEnd);
      server.owed.push(Owed.Close | OwedBit.Fake, new NameNote(client, name, statement, false));
      return frameEnd;
    }
    this.use(server, statement, bytes, at);
    this.cut(bytes, at, frameEnd);
    this.out.addHeader(type, 2 + statement.serverNameBytes.length);
    this.out.addByte(0x53);
    this.out.add(statement.serverNameBytes);
    this.out.addByte(0);
    server.owed.push(owed, new NameNote(client, name, statement, true));
    return frameEnd;
  }

  /**
   * True if a batch before this one has changed the client's statements and may still fail: what a name stands for is
   * known only then, so the client's messages wait for it.
   */
  private uncertain(client: ClientSession, server: ServerSession, batch: number): boolean {
    if (batch < server.batchesDone || batch === server.batchesSent) return false;
    client.stalled = true;
    return true;
  }

  /** Makes sure that the server's unnamed statement is this client's, or none if the client has none. */
  private useUnnamed(client: ClientSession, server: ServerSession, bytes: Uint8Array, at: number): void {
    const unnamed = client.unnamed;
    if (unnamed !== null && unnamed.effects !== null) this.suspect(server, unnamed.effects, false);
    // A server pinned for an unnamed statement too long to keep is the only one that has it.
    if (server.unnamed === unnamed && (unnamed !== null || server.pin === 'large-statement')) return;
    this.cut(bytes, at, at);
    if (unnamed === null) {
      addCloseStatement(this.out);
      server.owed.push(Owed.Close | OwedBit.Skip, null);
    } else {
      addParse(this.out, null, unnamed);
      server.owed.push(Owed.ParseUnnamed | OwedBit.Skip, unnamed);
    }
    server.unnamed = unnamed;
    client.unnamedBatch = server.batchesSent;
  }

  private use(server: ServerSession, statement: Statement, bytes: Uint8Array, at: number): void {
    if (statement.effects !== null) this.suspect(server, statement.effects, false);
    this.give(server, statement, bytes, at);
  }

  /** Prepares `statement` on the server, ahead of the frame at `at`, if it is not there. */
  private give(server: ServerSession, statement: Statement, bytes: Uint8Array, at: number): void {
    if (!server.statements.has(statement)) {
      this.makeRoom(server, bytes, at);
      addParse(this.out, statement.serverNameBytes, statement);
      server.owed.push(Owed.Parse | OwedBit.Skip, statement);
      server.givenBatch = server.batchesSent;
    }
    server.statements.touch(statement);
  }

  /** Starts putting frames together, and closes the least recently used statement where the server is full. */
  private makeRoom(server: ServerSession, bytes: Uint8Array, at: number): void {
    this.out.append(bytes, this.runFrom, at);
    this.runFrom = at;
    const oldest = server.statements.oldestBeyondLimit();
    if (oldest === null) return;
    server.statements.forget(oldest);
    addCloseStatement(this.out, oldest.serverNameBytes);
    server.owed.push(Owed.Close | OwedBit.Skip, oldest);
  }

  /** Takes `bytes[from..to)` out of what goes on unchanged. */
  private cut(bytes: Uint8Array, from: number, to: number): void {
    this.out.append(bytes, this.runFrom, from);
    this.runFrom = to;
  }

  /** A text with these effects goes to the server. `certain`: it runs by itself, outside a transaction. */
  private suspect(server: ServerSession, effects: TextEffects, certain: boolean): void {
    const { session, sequences } = effects;
    const { client } = server;
    const pin = effects.pin ?? (readsAsParsed(server.parameters) ? null : effects.byWords);
    if (sequences && client !== null) {
      server.sequenceOwner = client;
      client.sequenceServer = server;
    }
    if (pin !== null) this.dispatcher.pinServer(server, pin, this.nowMs);
    if (session === null) return;
    if (session.settings.length === 0 && session.resetAll === 'no') return;
    server.changed ??= new ChangedSettings();
    // What the server may read otherwise is not believed to have happened: it is asked.
    const whole = certain && !session.transactionControl && readsAsParsed(server.parameters);
    // A simple query has been counted as sent already.
    server.changed.note(session, whole, server.errors, server.replay, server.batchesSent - 1);
  }

  /** A request to a server connection of the client's own: nothing is renamed there, only counted. */
  private passOwn(
    client: ClientSession,
    server: ServerSession,
    type: number,
    at: number,
    frameEnd: number,
    to: number,
  ): number {
    if (type === ClientMessage.Query || type === ClientMessage.Bind) client.pool.queriesTotal++;
    if (type === ClientMessage.Query) {
      server.batchesSent++;
      server.midBatch = false;
    }
    server.owed.push(ownOwed[type]!, null);
    return this.passFrame(client, at, frameEnd, to);
  }

  /** Writes what goes to the server up to `at`. */
  private flush(client: ClientSession, bytes: Uint8Array, at: number): void {
    const server = client.server;
    if (server === null) {
      this.out.length = 0;
      return;
    }
    const peer = server.peer!;
    if (this.out.length > 0) {
      this.out.append(bytes, this.runFrom, at);
      this.out.flushTo(peer);
    } else if (at > this.runFrom) {
      if (!peer.write(bytes.subarray(this.runFrom, at))) client.lendHeld();
    }
    this.runFrom = at;
    if (!client.inputPaused && peer.unsentBytes > this.limits.unsentBytesMax) {
      client.inputPaused = true;
      client.peer.pause();
    }
  }

  /** The rest of a message whose reply came early (a COPY that failed) is through: now the server is free. */
  private releaseIfDone(client: ClientSession): void {
    const server = client.server;
    if (server === null || server.owed.length > 0 || client.passRemaining > 0 || !server.releaseDue) return;
    server.releaseDue = false;
    this.dispatcher.settle(server, this.nowMs);
  }

  private violation(client: ClientSession, type: number, length: number): void {
    const server = client.server;
    const detail =
      knownType[type] === 0
        ? `invalid frontend message type ${type}`
        : `invalid length ${length} in message "${String.fromCharCode(type)}"`;
    this.dispatcher.refuse(client, { kind: 'protocol-violation', detail }, this.nowMs);
    if (server !== null) this.dispatcher.close(server, 'client-gone', this.nowMs);
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

/** The batch of `server` in which what a name of this client stands for there was last changed. */
function lastChange(client: ClientSession, server: ServerSession, unnamed: boolean): number {
  return unnamed ? client.unnamedBatch : Math.max(client.namesBatch, server.givenBatch);
}
