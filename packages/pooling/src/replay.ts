// The statement that gives a server connection one client's own settings, and takes back those of the client before.
import type { ValueSet } from './value-set.ts';

// standard_conforming_strings may be off on the server, so a backslash must mean the same either way.
function literal(value: string): string {
  const quoted = `'${value.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return value.includes('\\') ? `E${quoted}` : quoted;
}

/**
 * SQL that turns the settings `from` into `to`. Everything is qualified, since the search_path belongs to the client.
 * set_config with NULL puts a setting back to its startup value.
 */
export function replayQuery(from: ValueSet, to: ValueSet): string {
  const calls: string[] = [];
  for (const name of from.values.keys()) {
    if (!to.values.has(name)) calls.push(`pg_catalog.set_config(${literal(name)}, NULL, false)`);
  }
  for (const [name, value] of to.values) {
    if (from.values.get(name) !== value) {
      calls.push(`pg_catalog.set_config(${literal(name)}, ${literal(value)}, false)`);
    }
  }
  return `SELECT ${calls.join(', ')}`;
}
