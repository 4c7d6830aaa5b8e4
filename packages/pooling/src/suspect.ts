// What the text of a statement on its way to a server makes of that server: pinned, to be asked, or somebody's sequences.
import { ChangedSettings } from './changed-settings.ts';
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
  // The value that it asks for is its own here.
  const own =
    session?.unreplayable === 'sequence-state' && client !== null && server.sequenceOwner === client;
  if (own) {
    server.sequenceUsedAtMs = nowMs;
    client.sequenceCallAtMs = nowMs;
  }
  const pin = own ? null : (effects.pin ?? (readsAsParsed(server.parameters) ? null : effects.byWords));
  if (sequences && client !== null) {
    server.sequenceOwner = client;
    server.sequenceUsedAtMs = nowMs;
    client.sequenceServer = server;
    if (effects.sequenceCall) client.sequenceCallAtMs = nowMs;
  }
  if (pin !== null) dispatcher.pinServer(server, pin, nowMs, effects.statement);
  if (effects.probe) server.probeDue = true;
  if (session === null) return;
  if (session.settings.length === 0 && session.resetAll === 'no') return;
  server.changed ??= new ChangedSettings();
  // What the server may read otherwise is not believed to have happened: it is asked.
  const whole = certain && !session.transactionControl && readsAsParsed(server.parameters);
  // A simple query has been counted as sent already.
  server.changed.note(session, whole, server.errors, server.replay, server.batchesSent - 1);
}
