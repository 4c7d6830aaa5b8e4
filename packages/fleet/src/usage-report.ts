// How long a usage report lives, and how one is read back from text that anyone may have written.
import type { UsageCounters, UsageReport } from './contract.ts';
import { isRecord, recordIn } from './read-values.ts';

/** Long enough for a worker that was away to find what a process that has ended counted last. */
export const usageReportTtlMs = 3_600_000;

/** Under what name a report is kept: one of a process that was started anew stands beside the last of its predecessor. */
export function usageReportName({ processId, startedAt }: UsageReport): string {
  return `${processId}@${startedAt}`;
}

const counterKeys = [
  'clientsPeak',
  'clientSeconds',
  'serverConnectionSeconds',
  'transactions',
  'queries',
  'bytesReceived',
  'bytesSent',
  'waitSeconds',
] as const satisfies readonly (keyof UsageCounters)[];

/** The report in `text`, or null if it is none. Endpoints without a time are left out; what is no number counts 0. */
export function parseUsageReport(text: string): UsageReport | null {
  const value = recordIn(text);
  if (value === null || !isRecord(value.endpoints)) return null;
  const { processId, startedAt, reportedAt } = value;
  if (!isName(processId) || !isTime(startedAt) || !isTime(reportedAt)) return null;
  const endpoints = Object.entries(value.endpoints).flatMap(([id, counters]) => {
    const read = readCounters(counters);
    return read === null ? [] : [[id, read]];
  });
  return { processId, startedAt, reportedAt, endpoints: Object.fromEntries(endpoints) };
}

function readCounters(value: unknown): UsageCounters | null {
  if (!isRecord(value) || !isTime(value.countedSince)) return null;
  const counters = counterKeys.map((key) => {
    const count = value[key];
    return [key, typeof count === 'number' && count > 0 && count <= Number.MAX_SAFE_INTEGER ? count : 0];
  });
  return {
    countedSince: value.countedSince,
    ...(Object.fromEntries(counters) as Omit<UsageCounters, 'countedSince'>),
  };
}

// Of printable characters, as it is kept in a catalog that takes no zero byte.
function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7e]{1,200}$/.test(value);
}

function isTime(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT[\d:.]{8,15}Z$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}
