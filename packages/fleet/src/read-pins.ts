// Pins as they are read back from a report that anyone may have written: what does not fit is left out, and all is bounded.
import { type EndpointPins, type PinReport, pinStatementCharactersMax, pinsReportedMax } from './contract.ts';
import { countOf, isRecord } from './read-values.ts';

// Reasons are words of a closed list of some twenty, codes of errors of some fifty; names in Postgres have 63 bytes.
const wordsMax = 64;
const nameCharactersMax = 64;

/** A report of an earlier release has none. */
export function readPins(value: unknown): EndpointPins {
  const pins = isRecord(value) ? value : {};
  const newest = Array.isArray(pins.newest) ? pins.newest.slice(0, pinsReportedMax) : [];
  return {
    newest: newest.map(readPin).filter((pin) => pin !== null),
    leftOut: countOf(pins.leftOut),
    totals: readCountsByWord(pins.totals),
  };
}

/** Counts by words of a closed list; nothing of what is none. */
export function readCountsByWord(value: unknown): Readonly<Record<string, number>> {
  const counts = isRecord(value) ? Object.entries(value).slice(0, wordsMax) : [];
  return Object.fromEntries(counts.map(([word, count]) => [nameOf(word), countOf(count)]));
}

function readPin(value: unknown): PinReport | null {
  if (!isRecord(value)) return null;
  const { reason, statement, role, database, applicationName, since, idleMs } = value;
  if (typeof reason !== 'string' || typeof role !== 'string' || typeof database !== 'string') return null;
  if (typeof since !== 'string' || Number.isNaN(Date.parse(since))) return null;
  return {
    reason: nameOf(reason),
    statement: typeof statement === 'string' ? statement.slice(0, pinStatementCharactersMax) : null,
    role: nameOf(role),
    database: nameOf(database),
    applicationName: typeof applicationName === 'string' ? nameOf(applicationName) : null,
    since: new Date(since).toISOString(),
    idleMs: typeof idleMs === 'number' && Number.isFinite(idleMs) ? Math.max(0, idleMs) : null,
  };
}

function nameOf(text: string): string {
  return text.slice(0, nameCharactersMax);
}
