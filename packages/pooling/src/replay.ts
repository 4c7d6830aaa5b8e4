// The statement that gives a server connection one client's own settings, and takes back those of the client before.
import type { ValueSet } from './value-set.ts';

/** A text as a constant. standard_conforming_strings may be off on the server, so a backslash must mean the same either way. */
export function literal(value: string): string {
  const quoted = `'${value.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return value.includes('\\') ? `E${quoted}` : quoted;
}

// What may keep the others from being set (a role without rights, a timeout, a wait for a safe snapshot) goes first
// when it is taken back, and last when it is given.
const first = [
  'role',
  'session_authorization',
  'statement_timeout',
  'lock_timeout',
  'transaction_timeout',
  'idle_in_transaction_session_timeout',
  'default_transaction_isolation',
  'default_transaction_read_only',
  'default_transaction_deferrable',
];
const last = [...first].reverse();
const identity = new Set(['role', 'session_authorization']);

/** Settings of one session that are carried from server to server: more are not worth it. */
const replayedNamesMax = 128;
const replayedCharactersMax = 16 * 1024;

/** False for what is left where it is: too much, or bytes that mean something else under another client_encoding. */
export function isReplayable(settings: ValueSet): boolean {
  let characters = 0;
  for (const [name, value] of settings.values) {
    characters += name.length + value.length;
    for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 0x7f) return false;
  }
  return settings.values.size <= replayedNamesMax && characters <= replayedCharactersMax;
}

/**
 * SQL that turns the settings `from` into `to`. Everything is qualified, since the search_path belongs to the client.
 * set_config with NULL puts a setting back to its startup value. In a transaction of its own: one with the defaults of
 * the client before might wait for others.
 */
export function replayQuery(from: ValueSet, to: ValueSet): string {
  const calls: string[] = [];
  const change = (name: string): void => {
    const value = to.values.get(name);
    if (value === from.values.get(name) && !identity.has(name)) return;
    calls.push(
      `pg_catalog.set_config(${literal(name)}, ${value === undefined ? 'NULL' : literal(value)}, false)`,
    );
  };
  for (const name of first) {
    if (!from.values.has(name)) continue;
    // A role, even one that stays, may not be allowed to set what else is to be set.
    if (identity.has(name) || from.values.get(name) !== to.values.get(name)) {
      calls.push(`pg_catalog.set_config(${literal(name)}, NULL, false)`);
    }
  }
  for (const name of from.values.keys()) if (!to.values.has(name) && !first.includes(name)) change(name);
  for (const name of to.values.keys()) if (!first.includes(name)) change(name);
  for (const name of last) if (to.values.has(name)) change(name);
  const plain = [...from.values.keys(), ...to.values.keys()].every((name) => !first.includes(name));
  const select = `SELECT ${calls.join(', ')}`;
  return plain ? select : `BEGIN ISOLATION LEVEL READ COMMITTED NOT DEFERRABLE;${select};COMMIT`;
}

/**
 * SQL that sets startup values again where a client has gone back to them on a server that was opened without them.
 * What the client has set itself since stays. A setting of the application, which no catalog shows, is empty when it was put back.
 */
export function startupQuery(values: readonly (readonly [name: string, value: string])[]): string {
  const calls = values.map(([name, value]) => {
    const isSet = `SELECT source OPERATOR(pg_catalog.=) 'session' FROM pg_catalog.pg_settings WHERE name OPERATOR(pg_catalog.=) ${literal(name)}`;
    const isFilled = `pg_catalog.current_setting(${literal(name)}, true) OPERATOR(pg_catalog.<>) ''`;
    return `SELECT pg_catalog.set_config(${literal(name)}, ${literal(value)}, false) WHERE NOT COALESCE((${isSet}), ${isFilled}, false)`;
  });
  return `BEGIN ISOLATION LEVEL READ COMMITTED NOT DEFERRABLE;${calls.join(';')};COMMIT`;
}
