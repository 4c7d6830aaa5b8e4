// What the text of a statement on its way to a server makes of that server: pinned, to be asked, or somebody's sequences.
import { Suspicion } from '@weir/sql';
import { ChangedSettings } from './changed-settings.ts';
import { mayFollow } from './channels.ts';
import type { ClientSession } from './client-session.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { ServerSession } from './server-session.ts';
import { readsAsParsed, type TextEffects } from './text-effects.ts';

/** A text with these effects goes to the server. `certain`: it runs by itself, outside a transaction. */
export function suspect(
  dispatcher: Dispatcher,
  server: ServerSession,
  effects: TextEffects,
  certain: boolean,
  nowMs: number,
): void {
  const { session, sequences } = effects;
  const { client } = server;
  const asParsed = readsAsParsed(server.parameters);
  // The value that it asks for is its own here, and it asks for nothing else.
  const own =
    asParsed &&
    session !== null &&
    effects.pin === 'sequence-state' &&
    client !== null &&
    server.sequenceOwner === client;
  if (own) {
    server.sequenceUsedAtMs = nowMs;
    client.sequenceCallAtMs = nowMs;
  } else if (effects.pin !== null && !(effects.pin === 'listen' && client !== null && mayFollow(client)))
    dispatcher.pinServer(server, effects.pin, nowMs, effects.statement);
  // What the parser may have read otherwise than the server does counts as its words say, too.
  if (!asParsed && effects.byWords !== null)
    dispatcher.pinServer(server, effects.byWords, nowMs, effects.statement);
  if (sequences && client !== null) useSequences(server, client, effects.sequenceCall, nowMs);
  if (effects.probe) server.probeDue = true;
  if (session === null) return;
  dispatcher.channels.note(server, session);
  if (session.settings.length === 0 && session.resetAll === 'no') return;
  server.changed ??= new ChangedSettings();
  // What the server may read otherwise is not believed to have happened: it is asked.
  const whole = certain && !session.transactionControl && asParsed;
  // A simple query has been counted as sent already.
  server.changed.note(session, whole, server.errors, server.replay, server.batchesSent - 1);
}

/** The same for a text that was only looked through, with the bits of its suspicion. */
export function noteSequences(
  server: ServerSession,
  client: ClientSession,
  suspicion: number,
  nowMs: number,
): void {
  if ((suspicion & Suspicion.SequenceUse) === 0) return;
  useSequences(server, client, (suspicion & Suspicion.SequenceCall) !== 0, nowMs);
}

function useSequences(server: ServerSession, client: ClientSession, called: boolean, nowMs: number): void {
  server.sequenceOwner = client;
  server.sequenceUsedAtMs = nowMs;
  client.sequenceServer = server;
  if (called) client.sequenceCallAtMs = nowMs;
}
