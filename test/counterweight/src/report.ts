// The table of a run, for docs/counterweight.md and in short for the terminal.
import type { Load } from './measure-stack.ts';
import { acceptance, isAccepted, type Measured } from './stack.ts';

export interface Skipped {
  readonly stack: string;
  readonly why: string;
}

/** One line for the terminal. */
export function summaryOf(one: Measured): string {
  const { stack, unpinnedShare, clients, servers, transactions, seconds } = one;
  const figures = `${percent(unpinnedShare)} unpinned, ${clients} clients on ${servers} servers, ${transactions} transactions, waits of ${one.waitMs.toFixed(0)} ms`;
  const rest = [...wordsOf(one.pins), ...wordsOf(one.errors)];
  const verdict = isAccepted(one) ? 'accepted' : 'NOT ACCEPTED';
  return `${stack}: ${verdict}: ${figures}, measured for ${seconds.toFixed(1)} s${rest.length > 0 ? `\n  ${rest.join('\n  ')}` : ''}`;
}

export interface Report {
  readonly command: string;
  readonly date: string;
  readonly load: Load;
  readonly rows: readonly Measured[];
  readonly skipped: readonly Skipped[];
}

/** The whole of docs/counterweight.md. */
export function reportOf({ command, date, load, rows, skipped }: Report): string {
  const lines = [
    '# Counterweight',
    '',
    'Written by `pnpm counterweight --out docs/counterweight.md`; run it to see for yourself.',
    '',
    'A pooler that gives each client a server connection of its own passes every test of conformance and is worth nothing. This is the other scale: real ORMs with their defaults, through the pooled host in transaction mode, TLS on the client side. Each plays the same small shop: tables (made with its own tool by Knex, TypeORM, Sequelize, ActiveRecord and SQLAlchemy), single inserts with generated keys, transactions over four tables, relations, pages, updates, transactions that fail and are rolled back, many rows at once.',
    '',
    `- date: ${date}, command: \`${command}\``,
    `- Postgres ${rows[0]?.postgres ?? ''}, one pooler, pool size ${load.poolSize}`,
    `- each client connection belongs to an instance of the application with a pool of its own, as functions and processes have it; between two calls it pauses for ${load.pauseMs} ms on average`,
    `- asked for: at least ${percent(acceptance.unpinnedShare)} of transactions unpinned, at least ${acceptance.clientsPerServer} clients per server connection, no error`,
    '- «clients» is the fewest open at any time while it was measured, «servers» the most at any time, by the count of the pooler or of Postgres, whichever is more; a server connection that one client has to itself is among them',
    '- «unpinned» is the share of transactions on server connections that others use too, over the whole run from the first connection on: a client that was moved to a server connection of its own counts as pinned with all that it did there',
    '- «wait» is how long a client waited for a server connection, on average over the whole run',
    '- «rounds» is how often the client that did the least went through all of it while it was measured',
    '',
    '| stack | versions | clients | servers | clients per server | transactions | wait, ms | unpinned | pins | rounds | errors | accepted |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map(rowOf),
  ];
  const notes = rows.flatMap((one) => [
    ...Object.entries(one.errors).map(([text, count]) => `- ${one.stack}, ${count} ×: ${text}`),
    ...one.suspects.map((text) => `- ${one.stack}, pins: \`${text.replaceAll('`', "'")}\``),
  ]);
  if (notes.length > 0) lines.push('', '## What pinned or failed', '', ...notes);
  if (skipped.length > 0) {
    lines.push('', '## Not measured', '', ...skipped.map(({ stack, why }) => `- ${stack}: ${why}`));
  }
  return `${lines.join('\n')}\n`;
}

function rowOf(one: Measured): string {
  const errors = Object.values(one.errors).reduce((sum, count) => sum + count, 0);
  const cells = [
    one.stack,
    one.client,
    one.clients,
    one.servers,
    (one.clients / one.servers).toFixed(1),
    one.transactions,
    one.waitMs.toFixed(0),
    percent(one.unpinnedShare),
    wordsOf(one.pins).join(', ') || 'none',
    one.roundsLeast,
    errors,
    isAccepted(one) ? 'yes' : 'no',
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Rounded down: what is not quite 99 % must not read as 99 %. */
function percent(share: number): string {
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`;
}

function wordsOf(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).map(([word, count]) => `${word}: ${count}`);
}
