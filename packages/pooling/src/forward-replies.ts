// From a server to its client: cuts the server's bytes into frames, swallows what was Weir's own, sees when all is answered.
import { copyOf, decodeUtf8, ServerMessage } from '@weir/protocol';
import { mayFollow } from './channels.ts';
import { tagEffect } from './command-tag.ts';
import type { Dispatcher } from './dispatcher.ts';
import { rewriteStatementName } from './error-names.ts';
import { emitFakes } from './fake-replies.ts';
import { deallocatedFrame, transactionAbortedFrame } from './messages.ts';
import { giveNameBack, NameNote, undoToSync } from './name-note.ts';
import { type Allocate, OutBuffer } from './out-buffer.ts';
import { Owed, OwedBit, owedKindBits } from './reply-queue.ts';
import { type ServerSession, TransactionStatus } from './server-session.ts';
import { typeTable } from './type-table.ts';
import { withValue } from './value-set.ts';

/** Unsent to one client, before its server is read no further. Bytes. */
const unsentBytesMax = 256 * 1024;
const messageBytesMax = 0x3fffffff;
/** Errors and parameter values are looked at whole; longer ones are not real. */
const wholeBytesMax = 4 * 1024 * 1024;

const knownType = typeTable(Object.values(ServerMessage));

// These may be long and only pass; every other message is looked at whole.
const passingType = typeTable([
  ServerMessage.DataRow,
  ServerMessage.CopyData,
  ServerMessage.CopyOutResponse,
  ServerMessage.NoticeResponse,
  ServerMessage.ParameterDescription,
  ServerMessage.FunctionCallResponse,
]);

/** Carries the replies of all servers of a process. One instance: its buffers are shared by all. */
export class ReplyForwarder {
  private readonly dispatcher: Dispatcher;
  private readonly out: OutBuffer;
  private nowMs = 0;
  // Where the bytes begin that go to the client unchanged.
  private runFrom = 0;

  constructor(dispatcher: Dispatcher, allocate: Allocate) {
    this.dispatcher = dispatcher;
    this.out = new OutBuffer(allocate);
  }

  /** Bytes from a server, valid only during the call. */
  serverData(server: ServerSession, bytes: Uint8Array, length: number, nowMs: number): void {
    const joined = server.joinHeld(bytes, length);
    if (joined !== null) this.run(server, joined, joined.length, nowMs);
    else this.run(server, bytes, length, nowMs);
  }

  private run(server: ServerSession, bytes: Uint8Array, to: number, nowMs: number): void {
    this.nowMs = nowMs;
    this.runFrom = 0;
    let at = 0;
    while (at < to) {
      if (server.state === 'closing' || server.state === 'gone') return;
      if (server.passRemaining > 0) {
        const end = Math.min(to, at + server.passRemaining);
        server.passRemaining -= end - at;
        if (!server.passForward) this.skip(bytes, at, end);
        at = end;
        continue;
      }
      if (to - at < 5) break;
      const type = bytes[at]!;
      const length = (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!;
      if (knownType[type] === 0 || length < 4 || length > messageBytesMax) {
        this.outOfSync(server, bytes, at);
        return;
      }
      const frameEnd = at + length + 1;
      if (frameEnd > to) {
        if (passingType[type] === 0 || server.probe !== null) {
          if (length > wholeBytesMax) {
            this.outOfSync(server, bytes, at);
            return;
          }
          break;
        }
        this.reply(server, bytes, type, at, to);
        server.passRemaining = frameEnd - to;
        server.passForward = this.runFrom < to;
        at = to;
        break;
      }
      if (type === ServerMessage.ReadyForQuery) {
        if (!this.ready(server, bytes, at, frameEnd)) return;
        // Somebody else's replies may have gone out meanwhile: what is left of these bytes starts a new run.
        at = frameEnd;
        continue;
      }
      this.reply(server, bytes, type, at, frameEnd);
      at = frameEnd;
    }
    if (at < to) server.hold(bytes, at, to);
    this.flush(server, bytes, at);
    // A message that had to wait for answers without a ReadyForQuery among them.
    const { client } = server;
    if (client?.stalled && server.owed.length === 0 && !server.copyIn) this.dispatcher.onReady(client, nowMs);
  }

  /** One frame (or its beginning, for those that only pass) in `bytes[at..end)`. */
  private reply(server: ServerSession, bytes: Uint8Array, type: number, at: number, end: number): void {
    const head = this.headAt(server, bytes, at);
    const skipped = (head & OwedBit.Skip) !== 0 && type !== ServerMessage.ErrorResponse;
    if (skipped && type !== ServerMessage.NotificationResponse) this.skip(bytes, at, end);
    switch (type) {
      case ServerMessage.DataRow:
        if (server.probe !== null) server.probe.shown.push(onlyValue(bytes, at, end));
        return;
      case ServerMessage.ParseComplete:
      case ServerMessage.BindComplete:
      case ServerMessage.CloseComplete:
        this.answered(server, bytes, end);
        return;
      case ServerMessage.RowDescription:
      case ServerMessage.NoData:
        if ((head & owedKindBits) === Owed.Describe) this.answered(server, bytes, end);
        return;
      case ServerMessage.CommandComplete:
        this.commandComplete(server, bytes, at, end);
        if ((head & owedKindBits) === Owed.Execute) this.answered(server, bytes, end);
        return;
      case ServerMessage.EmptyQueryResponse:
      case ServerMessage.PortalSuspended:
        if ((head & owedKindBits) === Owed.Execute) this.answered(server, bytes, end);
        return;
      case ServerMessage.NotificationResponse:
        // Whose it is has nothing to do with what is asked meanwhile.
        if (!this.dispatcher.channels.hears(server, bytes, at, end, this.nowMs)) this.skip(bytes, at, end);
        return;
      case ServerMessage.ErrorResponse:
        this.error(server, bytes, at, end);
        return;
      case ServerMessage.ParameterStatus:
        this.parameterStatus(server, bytes, at, end);
        return;
      case ServerMessage.CopyInResponse:
        this.copyIn(server);
        return;
      default:
        return;
    }
  }

  private answered(server: ServerSession, bytes: Uint8Array, end: number): void {
    server.owed.pop();
    this.headAt(server, bytes, end);
  }

  /** What the server owes next; the replies to what was never sent to it are put in before `at`. */
  private headAt(server: ServerSession, bytes: Uint8Array, at: number): number {
    const head = server.owed.head();
    if ((head & OwedBit.Fake) === 0 && (head & owedKindBits) !== Owed.CopyEnd) return head;
    this.cut(bytes, at, at);
    emitFakes(server, this.out);
    return server.owed.head();
  }

  private commandComplete(server: ServerSession, bytes: Uint8Array, at: number, end: number): void {
    const effect = tagEffect(bytes, at + 5, end - 1);
    if (effect === null) return;
    if (effect.kind === 'sessions') server.newSessions = true;
    const { unlistening, client } = server;
    if (effect.kind === 'unlistened' && unlistening !== null) unlistening.ran = true;
    if (effect.kind === 'undone' && unlistening !== null) unlistening.undone = true;
    if (effect.kind === 'discarded' && client !== null)
      this.dispatcher.channels.discarded(client, this.nowMs);
    if (server.dedicatedTo !== null) {
      if (effect.kind === 'schema') server.pool.statements.markAllStale();
      return;
    }
    const head = server.owed.head();
    // What Weir itself asked for (replay, rollback) has no effect that it does not know of.
    if ((head & OwedBit.Skip) !== 0) return;
    switch (effect.kind) {
      case 'pin':
        if (server.pool.settings.stateTracking === 'off') return;
        if (effect.reason === 'listen' && client !== null) {
          // What was thought of the text may have changed since, by the text itself.
          if (mayFollow(client)) server.listens = true;
          else this.dispatcher.pinServer(server, 'listen', this.nowMs);
        } else if ((head & OwedBit.Understood) === 0)
          this.dispatcher.pinServer(server, effect.reason, this.nowMs);
        return;
      case 'schema':
        server.pool.statements.markAllStale();
        return;
      case 'truncated':
        if (server.client !== null) this.dispatcher.dedicated.errands.flushOthers(server.client);
        return;
      case 'statements-gone':
        this.statementsGone(server);
        return;
      case 'discarded':
        if ((head & OwedBit.Understood) === 0 && server.pool.settings.stateTracking !== 'off')
          this.dispatcher.pinServer(server, 'set', this.nowMs);
        forgetSequences(server);
        this.statementsGone(server);
        return;
      case 'sequences-gone':
        return forgetSequences(server);
    }
  }

  private statementsGone(server: ServerSession): void {
    server.statements.clear();
    const client = server.client;
    if (client === null) return;
    for (const statement of client.statements.values()) client.pool.statements.give(statement);
    client.statements.clear();
  }

  private parameterStatus(server: ServerSession, bytes: Uint8Array, at: number, end: number): void {
    const nameEnd = bytes.indexOf(0, at + 5);
    const name = ascii(bytes, at + 5, nameEnd);
    const value = decodeUtf8(bytes.subarray(nameEnd + 1, end - 1));
    const inStep = server.client !== null && server.client.told === server.parameters;
    server.parameters = withValue(server.parameters, name, value);
    // A client that is being served sees the change as it would directly; during a replay it is told afterwards.
    if (inStep && !server.replaying) server.client!.told = server.parameters;
  }

  private copyIn(server: ServerSession): void {
    server.copyIn = true;
    const owed = server.owed;
    // The server ignores each Sync that was sent between the statement and the end of its data.
    let index = 1;
    while (index < owed.length) {
      const kind = owed.entryAt(index) & owedKindBits;
      if (kind === Owed.CopyEnd) {
        owed.remove(index);
        server.copyIn = false;
        return;
      }
      if (kind === Owed.Sync) {
        owed.remove(index);
        server.batchesDone++;
      } else {
        index++;
      }
    }
  }

  private error(server: ServerSession, bytes: Uint8Array, at: number, end: number): void {
    const owed = server.owed;
    const head = owed.head();
    const kind = head & owedKindBits;
    server.copyIn = false;
    server.errors++;
    const fatal = isFatal(bytes, at, end);
    if (fatal) {
      // The reason for the server's end belongs to the client that is served; nobody else hears of it.
      server.fatalSent = server.client !== null;
      return;
    }
    if (server.replaying) {
      if (kind === Owed.Parse) {
        // What a client's own server cannot be given any more is gone as a statement.
        this.skip(bytes, at, end);
        undoToSync(server);
        return;
      }
      server.replayError ??= copyOf(bytes, at, end);
      this.skip(bytes, at, end);
      return;
    }
    if (server.queryTimedOut && (head & OwedBit.Skip) === 0) this.sayTimeout(server, bytes, at, end);
    if (kind === Owed.Query || kind === Owed.FunctionCall) {
      if (kind === Owed.Query) server.changed?.failed(server.batchesDone);
      if ((head & OwedBit.Skip) !== 0) this.skip(bytes, at, end);
      const note = owed.headNote();
      if (note instanceof NameNote) note.failed = true;
      return;
    }
    // An error at Sync itself (a deferred constraint) is followed by its ReadyForQuery.
    if (kind === 0 || kind === Owed.Sync) return;
    const note = owed.headNote();
    if (note instanceof NameNote) {
      const rewritten = rewriteStatementName(bytes, at, end, note.statement, note.name);
      if (rewritten !== null) {
        this.cut(bytes, at, end);
        this.out.add(rewritten);
      }
    }
    if (planIsStale(bytes, at, end)) {
      server.pool.statements.markAllStale();
    }
    const own = (head & OwedBit.Skip) === 0;
    undoToSync(server);
    if (kind === Owed.ParseUnnamed) {
      // Unlike one that was skipped, a Parse without a name that failed has ended the statement before it.
      server.unnamed = null;
      const { client } = server;
      // Unless a later batch has made another.
      if (own && client !== null && client.unnamedBatch <= server.batchesDone) client.unnamed = null;
    }
    server.skipping = owed.length === 0;
  }

  /** What was cancelled for running too long reads so, and not as if the user had asked for it. */
  private sayTimeout(server: ServerSession, bytes: Uint8Array, at: number, end: number): void {
    if (server.client === null || errorField(bytes, at, end, 0x43) !== '57014') return;
    server.queryTimedOut = false;
    this.cut(bytes, at, end);
    this.out.add(
      this.dispatcher.effects.queryTimeoutError(server.client, server.pool.settings.queryTimeoutMs),
    );
  }

  /** ReadyForQuery. False: the rest of the bytes is nobody's, since the server is closing. */
  private ready(server: ServerSession, bytes: Uint8Array, at: number, end: number): boolean {
    const owed = server.owed;
    const head = this.headAt(server, bytes, at);
    const kind = head & owedKindBits;
    if (kind !== Owed.Sync && kind !== Owed.Query && kind !== Owed.FunctionCall) {
      this.outOfSync(server, bytes, at);
      return false;
    }
    if ((head & OwedBit.Skip) !== 0) this.skip(bytes, at, end);
    const note = owed.headNote();
    if (note instanceof NameNote) this.deallocated(note, bytes, at);
    owed.pop();
    server.transactionStatus = bytes[at + 5]!;
    server.copyIn = false;
    server.releaseDue = false;
    server.batchesDone++;
    this.headAt(server, bytes, end);
    const idle = server.transactionStatus === TransactionStatus.Idle;
    if (idle && !server.replaying) {
      server.pool.transactionsTotal++;
      if (server.pin !== null) server.pool.pinnedTransactionsTotal++;
    }
    server.queryTimedOut = false;
    if (!idle && server.client !== null && server.pool.settings.mode === 'statement' && !server.replaying) {
      this.flush(server, bytes, end);
      this.runFrom = end;
      this.dispatcher.expel(server.client, { kind: 'statement-mode' }, this.nowMs);
      return server.state !== 'closing' && server.state !== 'gone';
    }
    if (owed.length > 0 && !server.client?.stalled) {
      server.querySinceMs = this.nowMs;
      if (idle) server.transactionSinceMs = this.nowMs;
      return true;
    }
    this.flush(server, bytes, end);
    this.runFrom = end;
    if (owed.length === 0) this.allAnswered(server, idle);
    const { client } = server;
    if (client?.stalled) this.dispatcher.onReady(client, this.nowMs);
    return server.state !== 'closing' && server.state !== 'gone';
  }

  /** A simple DEALLOCATE, in whose place the server saw a Sync that is answered at `at`. */
  private deallocated(note: NameNote, bytes: Uint8Array, at: number): void {
    this.cut(bytes, at, at);
    if (bytes[at + 5] === TransactionStatus.Failed) {
      giveNameBack(note);
      this.out.add(transactionAbortedFrame);
      return;
    }
    note.client.pool.statements.give(note.statement);
    // The Sync itself may have failed, at the end of the transaction.
    if (!note.failed) this.out.add(deallocatedFrame);
  }

  private allAnswered(server: ServerSession, idle: boolean): void {
    if (server.replaying) return this.dispatcher.settings.replayed(server, this.nowMs);
    if (server.client === null) {
      if (server.state === 'finishing') this.dispatcher.finish(server, this.nowMs);
      return;
    }
    server.answeredAtMs = this.nowMs;
    if (!idle) return;
    if (server.newSessions) this.dispatcher.sessionsDiffer(server, this.nowMs);
    if (server.pin !== null) {
      if (server.pinRefused) this.dispatcher.refusePin(server, this.nowMs);
      else this.dispatcher.settings.settlePinned(server, server.client, this.nowMs);
      return;
    }
    if (server.client.passRemaining > 0) server.releaseDue = true;
    else this.dispatcher.settings.settle(server, this.nowMs);
  }

  private outOfSync(server: ServerSession, bytes: Uint8Array, at: number): void {
    this.flush(server, bytes, at);
    const client = server.client;
    this.dispatcher.close(server, 'out-of-sync', this.nowMs);
    if (client !== null) this.dispatcher.refuse(client, { kind: 'server-lost' }, this.nowMs);
  }

  /** Keeps `bytes[from..to)` from the client. */
  private skip(bytes: Uint8Array, from: number, to: number): void {
    if (from > this.runFrom) this.out.append(bytes, this.runFrom, from);
    this.runFrom = to;
  }

  /** Puts what has come so far together, leaving out `bytes[from..to)`. */
  private cut(bytes: Uint8Array, from: number, to: number): void {
    this.out.append(bytes, this.runFrom, from);
    this.runFrom = to;
  }

  /** Writes what goes to the client up to `at`. */
  private flush(server: ServerSession, bytes: Uint8Array, at: number): void {
    const client = server.client;
    if (client === null) {
      this.out.length = 0;
      return;
    }
    const peer = client.peer;
    if (this.out.length > 0) {
      this.out.append(bytes, this.runFrom, at);
      this.out.flushTo(peer);
    } else if (at > this.runFrom) {
      peer.write(bytes.subarray(this.runFrom, at));
    } else {
      return;
    }
    this.runFrom = at;
    if (peer.unsentBytes <= unsentBytesMax) return;
    client.outputBlocked = true;
    if (!server.outputPaused) {
      server.outputPaused = true;
      server.peer!.pause();
    }
  }
}

/** The client's session is to remember no value of a sequence, wherever it has used one. */
function forgetSequences(server: ServerSession): void {
  server.sequenceOwner = null;
  const { client } = server;
  const home = client?.sequenceServer ?? null;
  if (client === null || home === null) return;
  client.sequenceServer = null;
  client.sequenceCallAtMs = Number.NEGATIVE_INFINITY;
  if (home.sequenceOwner === client) home.sequenceOwner = null;
}

/** True if the error's severity (its never translated form) ends the session. */
function isFatal(bytes: Uint8Array, at: number, end: number): boolean {
  const severity = errorField(bytes, at, end, 0x56) ?? errorField(bytes, at, end, 0x53);
  return severity === 'FATAL' || severity === 'PANIC';
}

/** «cached plan must not change result type»: the schema changed under a prepared statement. */
function planIsStale(bytes: Uint8Array, at: number, end: number): boolean {
  return (
    errorField(bytes, at, end, 0x43) === '0A000' &&
    errorField(bytes, at, end, 0x52) === 'RevalidateCachedQuery'
  );
}

/** The text of a DataRow's one column. */
function onlyValue(bytes: Uint8Array, at: number, end: number): string {
  return decodeUtf8(bytes.subarray(Math.min(at + 11, end), end));
}

/** One field of an ErrorResponse frame as text, or null. */
function errorField(bytes: Uint8Array, at: number, end: number, field: number): string | null {
  let from = at + 5;
  while (from < end - 1) {
    const valueEnd = bytes.indexOf(0, from + 1);
    if (valueEnd < 0 || valueEnd >= end) return null;
    if (bytes[from] === field) return ascii(bytes, from + 1, valueEnd);
    from = valueEnd + 1;
  }
  return null;
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  let value = '';
  for (let i = from; i < to; i++) value += String.fromCharCode(bytes[i]!);
  return value;
}
