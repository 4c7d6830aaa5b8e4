// Requests that name prepared statements: from the client's names to those of whichever server it has.
import { ClientMessage, copyOf } from '@weir/protocol';
import type { ClientSession } from './client-session.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { RequestLimits } from './forward-requests.ts';
import { addCloseStatement, addParse } from './messages.ts';
import { NameNote } from './name-note.ts';
import { indexOfNul, nameText } from './names.ts';
import type { OutBuffer } from './out-buffer.ts';
import { type Statement, sameBytes, UnnamedStatement } from './prepared-statements.ts';
import { Owed, OwedBit } from './reply-queue.ts';
import { passFrame, type RequestRun } from './request-run.ts';
import { type ServerSession, TransactionStatus } from './server-session.ts';
import { suspect } from './suspect.ts';
import { readsAsParsed } from './text-effects.ts';

/** Forwards Parse, Bind, Describe, Execute and Close. Each returns where the next message begins, or -1: more is needed. */
export class StatementRequests {
  private readonly dispatcher: Dispatcher;
  private readonly limits: RequestLimits;
  private readonly run: RequestRun;
  private readonly out: OutBuffer;

  constructor(dispatcher: Dispatcher, limits: RequestLimits, run: RequestRun) {
    this.dispatcher = dispatcher;
    this.limits = limits;
    this.run = run;
    this.out = run.out;
  }

  parse(
    client: ClientSession,
    server: ServerSession,
    bytes: Uint8Array,
    at: number,
    frameEnd: number,
  ): number {
    const nameEnd = indexOfNul(bytes, at + 5, frameEnd);
    if (nameEnd < 0) return passFrame(client, at, frameEnd, frameEnd);
    const payloadFrom = nameEnd + 1;
    const { looked, sameUnnamed } = client;
    client.forgetLook();
    const tracking = client.pool.settings.stateTracking;
    if (nameEnd === at + 5) {
      const before = client.unnamed;
      if (!sameUnnamed && (before === null || !sameBytes(before.payload, bytes, payloadFrom, frameEnd))) {
        client.unnamed = new UnnamedStatement(copyOf(bytes, payloadFrom, frameEnd), tracking, looked);
      }
      server.unnamed = client.unnamed;
      server.keepsUnnamed = false;
      client.unnamedBatch = server.batchesSent;
      server.owed.push(Owed.ParseUnnamed, before);
      return frameEnd;
    }
    if (this.uncertain(client, server, lastChange(client, server, false))) return -1;
    client.namesBatch = server.batchesSent;
    const name = nameText(bytes, at + 5, nameEnd);
    const existing = client.statements.get(name);
    const statement = existing ?? client.pool.statements.take(bytes, payloadFrom, frameEnd, tracking, looked);
    const note = new NameNote(client, name, statement, existing !== undefined);
    if (existing !== undefined) {
      // The server itself has to say that the name is taken, after its other checks of the text.
      this.give(server, existing, bytes, at);
    } else {
      client.statements.set(name, statement);
      const there = server.statements.has(statement);
      const certain = server.batchesDone === server.batchesSent;
      if (there && certain && server.transactionStatus !== TransactionStatus.Failed) {
        this.run.cut(bytes, at, frameEnd);
        server.owed.push(Owed.Parse | OwedBit.Fake, note);
        return frameEnd;
      }
      if (there) {
        // Only the server knows whether a transaction has failed by then, or its failure is over: it has to judge itself.
        this.run.cut(bytes, at, at);
        addCloseStatement(this.out, statement.serverNameBytes);
        server.owed.push(Owed.Close | OwedBit.Skip, statement);
      }
      this.makeRoom(server, bytes, at);
      server.statements.add(statement);
    }
    this.run.cut(bytes, at, payloadFrom);
    this.out.addHeader(ClientMessage.Parse, statement.serverNameBytes.length + 1 + frameEnd - payloadFrom);
    this.out.add(statement.serverNameBytes);
    this.out.addByte(0);
    server.owed.push(Owed.Parse, note);
    return frameEnd;
  }

  /** A Parse that is not there whole: waited for, or passed on if it is too long to be remembered. */
  partialParse(
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
      this.run.flush(client, bytes, at);
      const bytesMax = 16 * this.limits.parseBytesMax;
      this.dispatcher.refuse(
        client,
        { kind: 'message-too-large', bytes: frameEnd - at, bytesMax },
        this.run.nowMs,
      );
      this.dispatcher.close(server, 'client-gone', this.run.nowMs);
      return -1;
    }
    this.dispatcher.pinServer(server, 'large-statement', this.run.nowMs);
    server.owed.push(Owed.ParseUnnamed, client.unnamed);
    client.unnamed = null;
    server.unnamed = null;
    server.keepsUnnamed = true;
    return passFrame(client, at, frameEnd, to);
  }

  bind(
    client: ClientSession,
    server: ServerSession,
    bytes: Uint8Array,
    at: number,
    frameEnd: number,
    to: number,
  ): number {
    const { lookedName, lookedStatement } = client;
    client.forgetLook();
    const limit = Math.min(frameEnd, to);
    const portalEnd = indexOfNul(bytes, at + 5, limit);
    const nameEnd = portalEnd < 0 ? -1 : indexOfNul(bytes, portalEnd + 1, limit);
    if (nameEnd < 0) {
      if (limit < frameEnd && to - at < this.limits.heldBytesMax) return -1;
      client.bound = null;
      server.owed.push(Owed.Bind, null);
      return passFrame(client, at, frameEnd, to);
    }
    const unnamed = nameEnd === portalEnd + 1;
    if (this.uncertain(client, server, lastChange(client, server, unnamed))) return -1;
    client.pool.queriesTotal++;
    const ofUnnamedPortal = portalEnd === at + 5;
    if (unnamed) {
      this.useUnnamed(client, server, bytes, at);
      if (ofUnnamedPortal) client.bound = client.unnamed;
      server.owed.push(Owed.Bind, null);
      return passFrame(client, at, frameEnd, to);
    }
    const name = lookedName ?? nameText(bytes, portalEnd + 1, nameEnd);
    const statement = lookedName === null ? client.statements.get(name) : lookedStatement;
    if (ofUnnamedPortal) client.bound = statement ?? null;
    // A name that the client never prepared goes on as it is: the server has none like it and says so.
    if (statement === undefined) {
      server.owed.push(Owed.Bind, null);
      return passFrame(client, at, frameEnd, to);
    }
    this.use(server, statement, bytes, at);
    this.run.cut(bytes, at, nameEnd);
    const nameBytes = statement.serverNameBytes;
    this.out.addHeader(ClientMessage.Bind, frameEnd - at - 5 - (nameEnd - portalEnd - 1) + nameBytes.length);
    this.out.append(bytes, at + 5, portalEnd + 1);
    this.out.add(nameBytes);
    server.owed.push(Owed.Bind, new NameNote(client, name, statement, true));
    if (frameEnd <= to) return frameEnd;
    client.passRemaining = frameEnd - nameEnd;
    client.passDropped = false;
    return nameEnd;
  }

  execute(
    client: ClientSession,
    server: ServerSession,
    bytes: Uint8Array,
    at: number,
    frameEnd: number,
  ): number {
    const bound = bytes[at + 5] === 0 ? client.bound : null;
    const name = bound?.deallocates ?? null;
    if (name === null) {
      const understood =
        bound?.effects(client.pool.settings.stateTracking)?.session != null &&
        readsAsParsed(server.parameters);
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
    this.run.cut(bytes, at, frameEnd);
    server.owed.push(Owed.Execute | OwedBit.Fake, new NameNote(client, name, statement, false));
    return frameEnd;
  }

  describeOrClose(
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
        server.keepsUnnamed = false;
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
      this.run.cut(bytes, at, frameEnd);
      server.owed.push(Owed.Close | OwedBit.Fake, new NameNote(client, name, statement, false));
      return frameEnd;
    }
    this.use(server, statement, bytes, at);
    this.run.cut(bytes, at, frameEnd);
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
    if (unnamed !== null) this.lookAt(server, unnamed);
    // One too long to be remembered is nowhere else.
    if (server.unnamed === unnamed && (unnamed !== null || server.keepsUnnamed)) return;
    this.run.cut(bytes, at, at);
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

  private lookAt(server: ServerSession, statement: UnnamedStatement): void {
    const effects = statement.effects(server.pool.settings.stateTracking);
    if (effects !== null) suspect(this.dispatcher, server, effects, false, this.run.nowMs);
  }

  private use(server: ServerSession, statement: Statement, bytes: Uint8Array, at: number): void {
    this.lookAt(server, statement);
    this.give(server, statement, bytes, at);
  }

  /** Prepares `statement` on the server, ahead of the frame at `at`, if it is not there. */
  private give(server: ServerSession, statement: Statement, bytes: Uint8Array, at: number): void {
    if (server.statements.use(statement)) return;
    this.makeRoom(server, bytes, at);
    addParse(this.out, statement.serverNameBytes, statement);
    server.owed.push(Owed.Parse | OwedBit.Skip, statement);
    server.givenBatch = server.batchesSent;
    server.statements.add(statement);
  }

  /** Starts putting frames together, and closes the least recently used statement where the server is full. */
  private makeRoom(server: ServerSession, bytes: Uint8Array, at: number): void {
    this.out.append(bytes, this.run.from, at);
    this.run.from = at;
    const oldest = server.statements.oldestBeyondLimit();
    if (oldest === null) return;
    server.statements.forget(oldest);
    addCloseStatement(this.out, oldest.serverNameBytes);
    server.owed.push(Owed.Close | OwedBit.Skip, oldest);
  }
}

/** The batch of `server` in which what a name of this client stands for there was last changed. */
function lastChange(client: ClientSession, server: ServerSession, unnamed: boolean): number {
  return unnamed ? client.unnamedBatch : Math.max(client.namesBatch, server.givenBatch);
}
