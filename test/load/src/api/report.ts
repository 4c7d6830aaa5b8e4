// What `pnpm bench:api` found, as Markdown, with the verdict on each figure that the acceptance names.
import { median, percentiles } from '../statistics.ts';
import type { FreshStart } from './fresh-pooler.ts';
import type { Timed } from './requests.ts';

export interface ApiReport {
  readonly command: string;
  readonly date: string;
  readonly machine: readonly string[];
  readonly loadAtEnd: number;
  readonly tenants: number;
  readonly fillSeconds: number;
  readonly timed: readonly Timed[];
  readonly withOne: readonly FreshStart[];
  readonly withAll: readonly FreshStart[];
}

/** Of the median, for what is judged. */
export const medianMsMax = 50;
/** A pooler that loaded all of them would be far beyond this. */
const residentRatioMax = 1.1;

/** What the acceptance asks and this run did not reach, a sentence each. */
export function missed(report: ApiReport): string[] {
  const slow = report.timed
    .filter(({ isJudged, ms }) => isJudged && !(median(ms) < medianMsMax))
    .map(({ what, ms }) => `${what}: median ${median(ms).toFixed(1)} ms, not under ${medianMsMax} ms`);
  const read = Math.max(...report.withAll.map(({ knownEndpoints }) => knownEndpoints));
  if (read !== 1) slow.push(`a fresh pooler had read ${read} endpoints for its first client, not 1`);
  const ratio = residentRatio(report);
  if (!(ratio <= residentRatioMax))
    slow.push(
      `a fresh pooler keeps ${ratio.toFixed(2)} × the memory with all tenants, not at most ${residentRatioMax} ×`,
    );
  return slow;
}

function residentRatio({ withOne, withAll }: ApiReport): number {
  const bytes = (starts: readonly FreshStart[]) => median(starts.map((start) => start.residentBytes));
  return bytes(withAll) / bytes(withOne);
}

export function writeApiReport(report: ApiReport): string {
  const faults = missed(report);
  return [
    '# The API with many tenants',
    '',
    'Written by `pnpm bench:api --out docs/api-benchmark.md`; run it to have your own figures. Its short form runs with the integration tests and looks at counts instead of clocks: which indexes are used, how many endpoints a pooler reads.',
    '',
    '## Where and how',
    '',
    `- date: ${report.date}, command: \`${report.command}\``,
    ...report.machine.map((line) => `- ${line}`),
    `- load average at the end: ${report.loadAtEnd.toFixed(2)}; the machine may be shared with others, and a figure taken beside them is an upper bound`,
    `- control-api, worker, poolers, Redis and two Postgres are processes on loopback of one machine; the catalog waits for its disk (\`fsync\`)`,
    `- ${report.tenants} tenants were made through the API, eight at a time, in ${report.fillSeconds.toFixed(0)} s (${((report.fillSeconds * 1000) / report.tenants).toFixed(1)} ms each with their probes): nothing in the catalog is there that the API did not write`,
    '- each kind of request one after the other, each timed from its first byte to its last, about tenants at random',
    '- the time of the probe is what the reply says in `Server-Timing`',
    '',
    '## Requests, in ms',
    '',
    '| request | times | median | p95 | p99 | most | goal for the median |',
    '|---|---|---|---|---|---|---|',
    ...report.timed.map(({ what, ms, isJudged }) => {
      const figures = [median(ms), ...percentiles(ms, [0.95, 0.99, 1])];
      const goal = isJudged ? `< ${medianMsMax}: ${median(ms) < medianMsMax ? 'met' : 'missed'}` : '';
      return `| ${what} | ${ms.length} | ${figures.map((figure) => figure.toFixed(1)).join(' | ')} | ${goal} |`;
    }),
    '',
    '## A pooler that has just started',
    '',
    'The first client is of a tenant at random; it logs in over TLS, and a server connection is opened for it. Medians of the starts.',
    '',
    '| tenants | starts | ready, ms | first row, ms | endpoints read | resident, MB |',
    '|---|---|---|---|---|---|',
    freshRow('1', report.withOne),
    freshRow(String(report.tenants), report.withAll),
    '',
    `With all tenants it keeps ${residentRatio(report).toFixed(2)} × the memory.`,
    '',
    faults.length === 0
      ? 'Every goal was met.'
      : ['Missed:', '', ...faults.map((fault) => `- ${fault}`)].join('\n'),
    '',
  ].join('\n');
}

function freshRow(tenants: string, starts: readonly FreshStart[]): string {
  const of = (pick: (start: FreshStart) => number) => median(starts.map(pick));
  const known = Math.max(...starts.map(({ knownEndpoints }) => knownEndpoints));
  return `| ${tenants} | ${starts.length} | ${of((one) => one.readyMs).toFixed(0)} | ${of((one) => one.firstRowMs).toFixed(0)} | ${known} | ${(of((one) => one.residentBytes) / 1e6).toFixed(1)} |`;
}
