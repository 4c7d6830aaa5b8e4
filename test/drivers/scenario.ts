// What every driver is put through, and what its program must report afterwards.
import { expect } from 'vitest';

/** How much of everything a run does. */
export const amounts = {
  parameterised: 200,
  largeRows: 50_000,
  largeRowBytes: 1000,
  copyRows: 1000,
} as const;

/** What a driver's program says it saw. Programs in other languages print it as the last line of their output. */
export interface DriverReport {
  /** Name and version of the driver. */
  readonly client: string;
  /** Whether the server saw TLS on the connection that served the program. */
  readonly serverTls: boolean;
  /** Parameterised queries that came back with their own answer. */
  readonly parameterised: number;
  /** Rows seen after a commit of three and after a rollback of two more. */
  readonly transaction: { readonly committed: number; readonly rolledBack: number };
  /** SQLSTATEs of a division by zero and of what follows it in a transaction; then a query that works. */
  readonly error: { readonly sqlstate: string; readonly afterwards: string; readonly recovered: number };
  /** Rows and bytes of a 50 MB result in which every row was as expected. */
  readonly large: { readonly rows: number; readonly bytes: number };
  readonly copy: { readonly in: number; readonly out: number } | { readonly skipped: string };
  /** Habits of this one driver that poolers stumble over, each with how it went. */
  readonly habits: Readonly<Record<string, string>>;
}

/** Checks a report; a habit counts as kept when its text is `ok`. */
export function expectWhole(report: DriverReport, copySkipped?: string): void {
  expect(report).toMatchObject({
    serverTls: true,
    parameterised: amounts.parameterised,
    transaction: { committed: 3, rolledBack: 3 },
    error: { sqlstate: '22012', afterwards: '25P02', recovered: 42 },
    large: { rows: amounts.largeRows, bytes: amounts.largeRows * amounts.largeRowBytes },
    copy:
      copySkipped === undefined ? { in: amounts.copyRows, out: amounts.copyRows } : { skipped: copySkipped },
  });
  for (const [habit, outcome] of Object.entries(report.habits))
    expect(`${habit}: ${outcome}`).toBe(`${habit}: ok`);
}

/** The statements that drivers share, so that one question is asked in all languages. */
export const statements = {
  serverTls: 'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
  large: `select i, repeat(chr(97 + i % 26), ${amounts.largeRowBytes}) as text from generate_series(1, ${amounts.largeRows}) i`,
  createTable: (table: string) => `create table ${table} (id int primary key, note text)`,
} as const;

/** The text of row `i` of the large result. */
export function largeText(i: number): string {
  return String.fromCharCode(97 + (i % 26)).repeat(amounts.largeRowBytes);
}
