// The outcome of conformance runs as a line for the terminal and as Markdown.
import type { Target, TargetResult } from './run-target.ts';
import { addCosts, type SessionCosts } from './session-costs.ts';

/** One run. */
export interface Row {
  readonly target: Target;
  readonly round: number;
  readonly result: TargetResult;
}

const described: Record<Target, string> = {
  server: 'Postgres itself',
  direct: "Weir's direct host",
  pooled: "Weir's pooled host, transaction mode, `state_tracking` auto (the defaults)",
  strict: "Weir's pooled host, transaction mode, `state_tracking` strict",
  session: "Weir's pooled host, session mode",
  pgbouncer: 'pgbouncer in transaction mode, as control',
};

/** One line about a run. */
export function describe({ target, round, result }: Row, outputDir: string): string {
  const { passed, failed, seconds, noise } = result;
  const differences = failed.length > 0 ? `: ${failed.join(' ')}; see ${outputDir}/regression.diffs` : '';
  const faults = noise?.faults.slice(0, 3).join('; ') ?? '';
  const beside =
    noise === null
      ? ''
      : ` beside ${noise.transactions} transactions of neighbours${faults && `, ${noise.faults.length} faults: ${faults}`}`;
  return `${target}, round ${round}: ${passed.length} of ${passed.length + failed.length} in ${seconds.toFixed(0)} s${ending(result)}${beside}${differences}`;
}

function ending({ hung, ended }: TargetResult): string {
  if (hung) return ', ended at its time limit';
  return ended > 0 ? `, ${ended} ended at the limit of a test` : '';
}

/** The Markdown page of all rows. */
export function report(version: string, neighbours: number, rows: readonly Row[]): string {
  const noisy =
    neighbours > 0
      ? ` Beside each run, ${neighbours} clients of the same role and database run short transactions through the same host, so that server connections change hands under the tests.`
      : '';
  const used = [...new Set(rows.map(({ target }) => target))];
  return [
    neighbours > 0 ? '# Conformance beside neighbours' : '# Conformance',
    '',
    'Written by `pnpm conformance --out FILE`; run it to see for yourself.',
    '',
    `PostgreSQL ${version}'s own regression suite, unpatched: server, psql and tests of that version, the parallel schedule, \`--use-existing\`.${noisy}`,
    '',
    ...used.map((target) => `- \`${target}\`: ${described[target]}`),
    '',
    '| target | round | passed | of | seconds | failed |',
    '|---|---|---|---|---|---|',
    ...rows.map(({ target, round, result }) => {
      const { passed, failed, seconds } = result;
      const of = `${passed.length + failed.length}${ending(result)}`;
      return `| ${target} | ${round} | ${passed.length} | ${of} | ${seconds.toFixed(0)} | ${failed.join(', ') || 'none'} |`;
    }),
    '',
    ...used.flatMap((target) => costTable(rows.filter((row) => row.target === target))),
  ].join('\n');
}

/** Pins and changes of server by test, over all rounds. */
function costTable(rows: readonly Row[]): string[] {
  const costs = new Map<string, SessionCosts>();
  for (const { result } of rows) for (const [test, one] of result.costs) addCosts(costs, test, one);
  if (costs.size === 0) return [];
  const lines = [...costs].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `## What each test cost on \`${rows[0]!.target}\`, ${rows.length === 1 ? 'one round' : `${rows.length} rounds together`}`,
    '',
    'Clients, server connections lent to them, how often one got another than before, and server connections that stayed with one, by reason.',
    '',
    '| test | clients | lent | changes of server | stayed |',
    '|---|---|---|---|---|',
    ...lines.map(([test, { clients, checkouts, serverChanges, pins }]) => {
      const stayed = [...pins]
        .map(([reason, count]) => (count === 1 ? reason : `${reason} ×${count}`))
        .join(', ');
      return `| ${test} | ${clients} | ${checkouts} | ${serverChanges} | ${stayed} |`;
    }),
    '',
  ];
}
