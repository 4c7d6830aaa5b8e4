// Whether a message needs a server connection of its client's own before it runs, as far as its text tells. Decides, sends nothing.
import { ClientMessage } from '@weir/protocol';
import type { SessionEffects } from '@weir/sql';
import { mayFollow } from './channels.ts';
import type { ClientSession } from './client-session.ts';
import type { PinReason } from './close-reason.ts';
import { indexOfNul, nameText } from './names.ts';
import { sameBytes } from './prepared-statements.ts';
import { type TextEffects, textEffects } from './text-effects.ts';

/**
 * Why the message in `bytes[at..end)`, which a client sends that is owed nothing, needs a server connection of the
 * client's own; null if a shared one will do, as far as can be seen before it runs.
 */
export function needsDedicated(
  client: ClientSession,
  bytes: Uint8Array,
  type: number,
  at: number,
  end: number,
  whole: boolean,
): PinReason | null {
  client.sequencesAhead = false;
  client.showsChannels = false;
  client.forgetLook();
  const { mode, stateTracking } = client.pool.settings;
  if (mode === 'session') return 'session-mode';
  let effects: TextEffects | null = null;
  switch (type) {
    case ClientMessage.Query: {
      if (bytes[end - 1] === 0) effects = textEffects(bytes, at + 5, end - 1, stateTracking);
      if (whole) client.looked = effects;
      break;
    }
    case ClientMessage.Parse: {
      const nameEnd = indexOfNul(bytes, at + 5, end);
      if (nameEnd < 0) break;
      const { unnamed } = client;
      if (whole && unnamed !== null && sameBytes(unnamed.payload, bytes, nameEnd + 1, end)) {
        client.sameUnnamed = true;
        effects = unnamed.effects(stateTracking);
        break;
      }
      const textEnd = indexOfNul(bytes, nameEnd + 1, end);
      if (textEnd >= 0) effects = textEffects(bytes, nameEnd + 1, textEnd, stateTracking);
      if (whole) client.looked = effects;
      break;
    }
    case ClientMessage.Bind: {
      const portalEnd = indexOfNul(bytes, at + 5, end);
      const nameEnd = portalEnd < 0 ? -1 : indexOfNul(bytes, portalEnd + 1, end);
      if (nameEnd < 0) break;
      if (nameEnd === portalEnd + 1) {
        effects = client.unnamed?.effects(stateTracking) ?? null;
        break;
      }
      const name = nameText(bytes, portalEnd + 1, nameEnd);
      const statement = client.statements.get(name);
      client.lookedName = name;
      client.lookedStatement = statement;
      effects = statement?.effects(stateTracking) ?? null;
      break;
    }
  }
  if (effects === null) return null;
  client.dedicatedStatement = effects.statement;
  client.showsChannels = effects.session?.showsChannels ?? false;
  if (effects.pin !== null && !(effects.pin === 'listen' && mayFollow(client))) return effects.pin;
  if (effects.sequences) {
    client.sequencesAhead = true;
    if (client.pool.sequencesPin) return 'sequence-state';
  }
  return effects.session !== null && showsStartup(client, effects.session) ? 'startup-values' : null;
}

/**
 * True if the text puts settings back to values of this client's startup that a shared server was not opened with.
 * The application's name is not worth a server connection: Weir sets it again right after.
 */
function showsStartup(client: ClientSession, session: SessionEffects): boolean {
  for (const [name, value] of client.startup.values) {
    if (name === 'application_name') continue;
    if (client.pool.parameters?.values.get(name) === value) continue;
    if (session.resetAll !== 'no' || session.resets.includes(name.toLowerCase())) return true;
  }
  return false;
}
