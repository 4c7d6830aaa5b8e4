// Undoing what a request changed in the books, when the server skipped or refused that request.
import type { ClientSession } from './client-session.ts';
import { type Statement, UnnamedStatement } from './prepared-statements.ts';
import { Owed, OwedBit, owedKindBits } from './reply-queue.ts';
import type { ServerSession } from './server-session.ts';

/** Stands with a request that names a client's statement. */
export class NameNote {
  readonly client: ClientSession;
  readonly name: string;
  readonly statement: Statement;
  /** The request changed nothing in the books; the note only tells which name an error must speak of. */
  readonly nameOnly: boolean;

  constructor(client: ClientSession, name: string, statement: Statement, nameOnly: boolean) {
    this.client = client;
    this.name = name;
    this.statement = statement;
    this.nameOnly = nameOnly;
  }
}

/** Takes the front entry off the queue as one that the server never carried out. */
export function undoHead(server: ServerSession): void {
  const head = server.owed.head();
  const note = server.owed.headNote();
  server.owed.pop();
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
    } else if (client.state === 'ended') {
      client.pool.statements.give(statement);
    } else {
      client.statements.set(name, statement);
    }
    return;
  }
  if (kind === Owed.Parse) {
    // An injected Parse: the client's books stand, this server just has not got it.
    server.statements.forget(note as Statement);
  } else if (kind === Owed.ParseUnnamed || kind === Owed.Query) {
    server.unnamed = null;
    const client = server.client;
    if (client !== null && (head & OwedBit.Skip) === 0) {
      client.unnamed = note instanceof UnnamedStatement ? note : null;
    }
  } else if (kind === Owed.Close && (head & OwedBit.Skip) !== 0) {
    server.unnamed = null;
  }
}

/** Empties the queue of a server that is gone. */
export function dropOwed(server: ServerSession): void {
  while (server.owed.length > 0) undoHead(server);
}
