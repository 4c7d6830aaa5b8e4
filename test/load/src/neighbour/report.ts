// What `pnpm bench:neighbour` found, as Markdown: every round, the ratio of the medians, and the verdict.
import { median, percentile, percentiles } from '../statistics.ts';
import type { NoisyResult, QuietResult } from './messages.ts';

export interface Round {
  readonly isNoisy: boolean;
  readonly quiet: QuietResult;
  /** Null where the noisy tenant was silent. */
  readonly noisy: NoisyResult | null;
  /** CPU of the pooler's processes, in per cent of one core. */
  readonly poolerCpuPercent: number;
}

export interface NeighbourReport {
  readonly command: string;
  readonly date: string;
  readonly machine: readonly string[];
  readonly placing: string;
  readonly processes: number;
  readonly quietTenants: number;
  readonly noisyClients: number;
  readonly seconds: number;
  readonly rounds: readonly Round[];
}

/** Of the p99 of the quiet tenants' queries, with the storm against without. */
export const ratioMax = 1.5;

/** Medians over rounds of a percentile of the quiet tenants' queries or connects. */
function figure(report: NeighbourReport, isNoisy: boolean, of: 'queries' | 'connects', part: number): number {
  const rounds = report.rounds.filter((round) => round.isNoisy === isNoisy);
  return median(rounds.map(({ quiet }) => percentile(quiet[of], part)));
}

export function ratioOf(
  report: NeighbourReport,
  of: 'queries' | 'connects' = 'queries',
  part = 0.99,
): number {
  return figure(report, true, of, part) / figure(report, false, of, part);
}

/** Whether the acceptance is met: the ratio, and nobody quiet failed, beside what was a storm in every round. */
export function isMet(report: NeighbourReport): boolean {
  const failures = report.rounds.flatMap(({ quiet }) => Object.keys(quiet.failures));
  return ratioOf(report) <= ratioMax && failures.length === 0 && calmStorms(report) === 0;
}

/** Rounds in which the storm's clients had so little of the machine that none of them got in. */
function calmStorms({ rounds }: NeighbourReport): number {
  return rounds.filter(({ noisy }) => noisy?.logins === 0).length;
}

function verdict(report: NeighbourReport): string {
  const measured = `measured ${ratioOf(report).toFixed(2)}`;
  const calm = calmStorms(report);
  if (calm > 0)
    return `${measured}, which proves nothing: in ${calm} rounds the machine had so little left that no client of the storm got in.`;
  return `${measured}, ${isMet(report) ? 'met' : 'missed'}.`;
}

export function writeNeighbourReport(report: NeighbourReport): string {
  const ms = (value: number) => value.toFixed(2);
  const row = (round: Round, index: number) => {
    const { queries, connects, failures } = round.quiet;
    const storm = round.noisy === null ? 'silent' : 'storm';
    const told = Object.entries(round.noisy?.refused ?? {}).map(([word, count]) => `${count} × ${word}`);
    const cells = [
      ...percentiles(queries, [0.5, 0.99, 1]).map(ms),
      ...percentiles(connects, [0.5, 0.99]).map(ms),
      String(Object.values(failures).reduce((sum, count) => sum + count, 0)),
      String(queries.length),
      round.poolerCpuPercent.toFixed(0),
      round.noisy === null ? '' : String(round.noisy.logins),
      told.join(', '),
    ];
    return `| ${index + 1} | ${storm} | ${cells.join(' | ')} |`;
  };
  const summary = (of: 'queries' | 'connects', part: number, name: string) =>
    `| ${name} | ${ms(figure(report, false, of, part))} | ${ms(figure(report, true, of, part))} | ${ratioOf(report, of, part).toFixed(2)} |`;
  return [
    '# A noisy neighbour',
    '',
    'Written by `pnpm bench:neighbour --out docs/noisy-neighbour.md`; run it to have your own figures.',
    '',
    `One tenant's ${report.noisyClients} clients storm: of a hundred, 40 connect, ask once and come again, 10 log in with a wrong password, 10 read results of 20 MB, and 40 read such a result a few KB a second. Every second one comes over TLS; who is refused comes back at once. Meanwhile ${report.quietTenants} other tenants each have a client that asks \`select 1\` every 30 ms, and every 100 ms a new client of one of them comes.`,
    '',
    '## Where and how',
    '',
    `- date: ${report.date}, command: \`${report.command}\``,
    ...report.machine.map((line) => `- ${line}`),
    `- a pooler of ${report.processes} processes (\`WEIR_PROCESSES=cores\`), Postgres for the quiet tenants and one for the noisy one, Redis, control-api and worker, all on loopback of this machine, which may be shared with others: the load averages say how much`,
    `- ${report.placing}`,
    `- rounds of ${report.seconds} s, interleaved; all quiet clients over TLS`,
    '',
    '## Rounds',
    '',
    'Times of the quiet tenants in ms: from sending a query to its answer, and from the first packet of a new client to its first row.',
    '',
    '| round | neighbour | query p50 | p99 | most | new client p50 | p99 | failed | queries | pooler CPU, % | logins of the noisy tenant | its refusals, by SQLSTATE |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...report.rounds.map(row),
    '',
    '## Medians over the rounds',
    '',
    '| | silent | storm | ratio |',
    '|---|---|---|---|',
    summary('queries', 0.5, 'query p50'),
    summary('queries', 0.99, 'query p99'),
    summary('connects', 0.5, 'new client p50'),
    summary('connects', 0.99, 'new client p99'),
    '',
    `Goal: the p99 of queries at most ${ratioMax} × of what it is without the storm, and no failure; ${verdict(report)}`,
    '',
  ].join('\n');
}
