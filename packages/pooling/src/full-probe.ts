// One question to a server for all that its session holds and a probe can show, and what the answer means.
import type { PinReason } from './close-reason.ts';
import { serverNamePrefix } from './prepared-statements.ts';
import { literal } from './replay.ts';

/** What a session holds, as its server tells. */
export interface SessionState {
  /** Settings that are not as at its start, role and session_authorization among them. */
  readonly settings: ReadonlyMap<string, string>;
  /** State that cannot follow a client, if there is any; channels apart. */
  readonly unreplayable: PinReason | null;
  /** Channels that the session listens to. */
  readonly channels: readonly string[];
  /** Statements that were prepared by protocol under names that are not Weir's. */
  readonly statements: readonly PreparedText[];
}

export interface PreparedText {
  readonly name: string;
  readonly text: string;
  readonly parameterTypes: readonly number[];
}

// Each row is one text: a letter for what it is, then the rest.
const unreplayable: ReadonlyMap<string, PinReason> = new Map([
  ['t', 'temp-object'],
  ['a', 'advisory-lock'],
  ['c', 'hold-cursor'],
  ['p', 'prepare'],
]);

/**
 * The question. Everything is qualified, since the search_path belongs to the client; in a transaction of its own kind,
 * since one with the client's defaults might wait for others. Settings of applications, and whose session it is, are in
 * no catalog: those that may be there are asked for by name.
 */
export function fullProbeQuery(namesAsked: Iterable<string>): string {
  const eq = 'OPERATOR(pg_catalog.=)';
  const custom = [...namesAsked].map(
    (name) =>
      ` UNION ALL SELECT pg_catalog.concat('s', ${literal(name)}, '=', pg_catalog.current_setting(${literal(name)}, true))`,
  );
  return `BEGIN ISOLATION LEVEL READ COMMITTED NOT DEFERRABLE;
SELECT pg_catalog.concat('s', name, '=', pg_catalog.current_setting(name)) FROM pg_catalog.pg_settings WHERE source ${eq} 'session' AND NOT name ${eq} ANY (ARRAY['transaction_isolation', 'transaction_read_only', 'transaction_deferrable'])
UNION ALL SELECT pg_catalog.concat('srole=', pg_catalog.current_setting('role'))
UNION ALL SELECT 't' WHERE EXISTS (SELECT FROM pg_catalog.pg_depend WHERE refclassid ${eq} 'pg_catalog.pg_namespace'::pg_catalog.regclass AND refobjid ${eq} pg_catalog.pg_my_temp_schema())
UNION ALL SELECT 'a' WHERE EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype ${eq} 'advisory' AND pid ${eq} pg_catalog.pg_backend_pid())
UNION ALL SELECT 'c' WHERE EXISTS (SELECT FROM pg_catalog.pg_cursors WHERE is_holdable)
UNION ALL SELECT 'p' WHERE EXISTS (SELECT FROM pg_catalog.pg_prepared_statements WHERE from_sql)
UNION ALL SELECT pg_catalog.concat('n', pg_catalog.json_build_array(name, statement, (parameter_types::pg_catalog.oid[])::pg_catalog.text)) FROM pg_catalog.pg_prepared_statements WHERE NOT from_sql AND NOT pg_catalog.starts_with(name, ${literal(serverNamePrefix)})
UNION ALL SELECT pg_catalog.concat('l', channel) FROM pg_catalog.pg_listening_channels() channel${custom.join('')};
COMMIT`;
}

/** What the rows of the answer say. Throws on what cannot be one. */
export function readFullProbe(rows: readonly string[]): SessionState {
  const settings = new Map<string, string>();
  const statements: PreparedText[] = [];
  const channels: string[] = [];
  let held: PinReason | null = null;
  for (const row of rows) {
    const rest = row.slice(1);
    const kind = row[0] ?? '';
    if (kind === 's') {
      const at = rest.indexOf('=');
      const name = rest.slice(0, at);
      const value = rest.slice(at + 1);
      if (name !== 'role' || value !== 'none') settings.set(name, value);
    } else if (kind === 'l') {
      channels.push(rest);
    } else if (kind === 'n') {
      const [name, text, types] = JSON.parse(rest) as [string, string, string];
      const parameterTypes = types
        .slice(1, -1)
        .split(',')
        .filter((oid) => oid !== '')
        .map(Number);
      statements.push({ name, text, parameterTypes });
    } else {
      const reason = unreplayable.get(kind);
      if (reason === undefined) throw new Error(`a probe was answered by ${JSON.stringify(kind)}`);
      held ??= reason;
    }
  }
  return { settings, unreplayable: held, channels, statements };
}
