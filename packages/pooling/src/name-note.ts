// Undoing what a request changed in the books, when the server skipped or refused that request.
import type { ClientSession } from './client-session.ts';
import { Statement, UnnamedStatement } from './prepared-statements.ts';
import { Owed, OwedBit, owedKindBits } from './reply-queue.ts';
import type { ServerSession } from './server-session.ts';

/** Stands with a request that names a client's statement. */
export class NameNote {
  readonly client: ClientSession;
  readonly name: string;
  readonly statement: Statement;
  /** The request changed nothing in the books; the note only tells which name an error must speak of. */
  readonly nameOnly: boolean;
  /** The server answered with an error, and the request cannot be taken back. */
  failed = false;

  constructor(client: ClientSession, name: string, statement: Statement, nameOnly: boolean) {
    this.client = client;
    this.name = name;
    this.statement = statement;
    this.nameOnly = nameOnly;
  }
}

/** A Close or DEALLOCATE was not carried out: the client has its name again, unless it has gone itself. */
export function giveNameBack({ client, name, statement }: NameNote): void {
  if (client.state === 'ended') client.pool.statements.give(statement);
  else client.statements.set(name, statement);
}

/** Takes back one request that the server never carried out. */
function undo(server: ServerSession, head: number, note: unknown, unnamedStands: boolean): void {
  const kind = head & owedKindBits;
  if (kind === Owed.Query || kind === Owed.FunctionCall) server.batchesDone++;
  if (note instanceof NameNote) {
    if (note.nameOnly) return;
    const { client, name, statement } = note;
    if (kind === Owed.Parse) {
      if ((head & OwedBit.Fake) === 0) server.statements.forget(statement);
      if (client.statements.get(name) === statement) {
        client.statements.delete(name);
        client.pool.statements.give(statement);
      }
      return;
    }
    giveNameBack(note);
    return;
  }
  if (kind === Owed.Parse) {
    // An injected Parse: the client's books stand, this server just has not got it.
    server.statements.forget(note as Statement);
  } else if (kind === Owed.ParseUnnamed || kind === Owed.Query) {
    server.unnamed = null;
    const client = server.client;
    if (client !== null && !unnamedStands && (head & OwedBit.Skip) === 0) {
      client.unnamed = note instanceof UnnamedStatement ? note : null;
    }
  } else if (kind === Owed.Close && (head & OwedBit.Skip) !== 0) {
    // Weir's own Close: of a statement that is still there then, or of the unnamed one.
    if (note instanceof Statement) server.statements.add(note);
    else server.unnamed = null;
  }
}

/** Takes the first `count` entries off the queue, undoing the newest first: an older one is what it changed. */
function undoFirst(server: ServerSession, count: number): void {
  const { owed } = server;
  // A later batch may have set the unnamed statement anew; then what an earlier one did to it is of no account.
  let batch = server.batchesDone;
  for (let i = 0; i < count; i++) {
    const kind = owed.entryAt(i) & owedKindBits;
    if (kind === Owed.Query || kind === Owed.FunctionCall || kind === Owed.Sync) batch++;
  }
  const unnamedStands = (server.client?.unnamedBatch ?? -1) > batch;
  for (let i = count - 1; i >= 0; i--) undo(server, owed.entryAt(i), owed.noteAt(i), unnamedStands);
  for (let i = 0; i < count; i++) owed.pop();
}

/** The request in front failed: the server skips all that follows up to the next Sync. */
export function undoToSync(server: ServerSession): void {
  const { owed } = server;
  let count = 0;
  while (count < owed.length && (owed.entryAt(count) & owedKindBits) !== Owed.Sync) count++;
  undoFirst(server, count);
}

/** Empties the queue of a server that is gone. */
export function dropOwed(server: ServerSession): void {
  undoFirst(server, server.owed.length);
}
