// How long a process report lives, and how one is read back from text that anyone may have written.
import {
  type ActivityCounters,
  addressesReportedMax,
  type ClientAddresses,
  type EndpointActivity,
  type ProcessReport,
  timeClassesMax,
  type UpstreamReport,
} from './contract.ts';
import { readCountsByWord, readPins } from './read-pins.ts';
import { countOf, isRecord, recordIn } from './read-values.ts';

/** A report that is not renewed within this time is gone. */
export const processReportTtlMs = 5_000;

const activityKeys = [
  'clientsActive',
  'clientsIdle',
  'clientsWaiting',
  'serversActive',
  'serversIdle',
  'serversOpening',
  'serversDirect',
  'serversPinned',
  'transactionsTotal',
] as const satisfies readonly (keyof ActivityCounters)[];

/** The report in `text`, or null if it is none. Counters that are missing or no numbers count 0; the rest may be missing. */
export function parseProcessReport(text: string): ProcessReport | null {
  const value = recordIn(text);
  if (value === null || !isRecord(value.endpoints)) return null;
  const { processId, startedAt } = value;
  if (typeof processId !== 'string' || typeof startedAt !== 'string') return null;
  const endpoints = Object.entries(value.endpoints).map(([id, activity]) => [id, readActivity(activity)]);
  return { processId, startedAt, endpoints: Object.fromEntries(endpoints) };
}

function readActivity(value: unknown): EndpointActivity {
  const counters = isRecord(value) ? value : {};
  const entries = activityKeys.map((key) => {
    const count = counters[key];
    return [key, typeof count === 'number' && Number.isFinite(count) ? count : 0];
  });
  return {
    ...(Object.fromEntries(entries) as unknown as ActivityCounters),
    // A process of an earlier release says none, and carries out no orders either.
    generation: countOf(counters.generation),
    pins: readPins(counters.pins),
    addresses: readAddresses(counters.addresses),
    upstream: readUpstream(counters.upstream),
    errors: readCountsByWord(counters.errors),
    waits: readCounts(counters.waits),
    executions: readCounts(counters.executions),
  };
}

// The longest literal of an address, with a zone as long as names of interfaces are.
const addressCharactersMax = 64;

/** A report of an earlier release has none. */
function readAddresses(value: unknown): ClientAddresses {
  const { clients, leftOut } = isRecord(value) ? value : {};
  const counts = isRecord(clients) ? Object.entries(clients).slice(0, addressesReportedMax) : [];
  const read = counts.map(([address, count]) => [address.slice(0, addressCharactersMax), countOf(count)]);
  return { clients: Object.fromEntries(read), leftOut: countOf(leftOut) };
}

function readUpstream(value: unknown): UpstreamReport {
  const { answeredMsAgo, trouble, openMs } = isRecord(value) ? value : {};
  const isTrouble =
    isRecord(trouble) && typeof trouble.code === 'string' && typeof trouble.sqlstate === 'string';
  return {
    answeredMsAgo: typeof answeredMsAgo === 'number' ? answeredMsAgo : null,
    trouble: isTrouble
      ? { code: String(trouble.code), sqlstate: String(trouble.sqlstate), forMs: countOf(trouble.forMs) }
      : null,
    openMs: typeof openMs === 'number' ? openMs : null,
  };
}

function readCounts(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.slice(0, timeClassesMax).map(countOf) : [];
}
