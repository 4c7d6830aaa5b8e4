// psql as people use it: scripts, variables, transactions, a large result through a pipe, and \copy.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { installedPsql } from '../installed.ts';
import { runCommand } from '../run-program.ts';
import { runs, runsNow, tableOf, urlOf } from '../runs.ts';
import { amounts, type DriverReport, expectWhole, largeText, statements } from '../scenario.ts';
import { type Subject, theSubject } from '../subject.ts';

const psql = installedPsql();

describe.skipIf('missing' in psql)('missing' in psql ? psql.missing : 'psql', () => {
  const { program } = psql as { program: string };
  let subject: Subject;
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'weir-psql-'));
    subject = await theSubject();
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
  });

  async function run(
    url: string,
    table: string,
    environment: Record<string, string> = {},
  ): Promise<DriverReport> {
    const incoming = join(directory, `${table}.in`);
    const outgoing = join(directory, `${table}.out`);
    const digest = join(directory, `${table}.sha256`);
    const lines = Array.from({ length: amounts.copyRows }, (_, i) => `${1000 + i}\tcopied ${i}\n`);
    writeFileSync(incoming, lines.join(''));
    const output = await runCommand(
      program,
      ['-X', '-q', '-A', '-t', url],
      // libpq then takes the host name for SNI and verification only.
      { PGHOSTADDR: '127.0.0.1', PGCONNECT_TIMEOUT: '20', ...environment },
      { input: script(table, { incoming, outgoing, digest }) },
    );
    const version = (await runCommand(program, ['--version'], {})).trim();
    const copiedOut = readFileSync(outgoing, 'utf8').split('\n').length - 1;
    return reportOf(version, output, readFileSync(digest, 'utf8'), copiedOut);
  }

  test.each(runsNow.map((each, index) => ({ ...each, index })))('psql works on the $name', async (each) => {
    expectWhole(await run(urlOf(subject, each), tableOf('psql', each.index)));
  });

  test('psql is not harmed by settings in PGOPTIONS and by a client encoding', async () => {
    const environment = {
      PGOPTIONS: '-c statement_timeout=60000 -c search_path=public',
      PGCLIENTENCODING: 'LATIN1',
    };
    expectWhole(await run(urlOf(subject, runs[2]!), 'psql_settings', environment));
  });
});

/** Every answer is printed behind a word, so that one read of the output tells which question it belongs to. */
function script(table: string, files: { incoming: string; outgoing: string; digest: string }): string {
  // psql 15 has no bound parameters; its variables are quoted into the text.
  const parameterised = Array.from({ length: amounts.parameterised }, (_, i) => {
    return `\\set n ${i}\n\\set t 'it''s ${i}'\nselect 'param', :n::int + 1, :'t';\n`;
  });
  return `
select 'tls', ssl from pg_stat_ssl where pid = pg_backend_pid();
${parameterised.join('')}
${statements.createTable(table)};
begin; insert into ${table} values (0, 'kept'), (1, 'kept'), (2, 'kept'); commit;
select 'committed', count(*) from ${table};
begin; insert into ${table} values (3, 'lost'), (4, 'lost'); rollback;
select 'rolledBack', count(*) from ${table};
begin;
select 1 / 0;
\\echo 'sqlstate|':SQLSTATE
select 1;
\\echo 'afterwards|':SQLSTATE
rollback;
select 'recovered', 42;
\\o |sha256sum > ${files.digest}
${statements.large};
\\o
\\copy ${table} from '${files.incoming}'
select 'copied', count(*) from ${table} where id >= 1000;
\\copy (select * from ${table} where id >= 1000) to '${files.outgoing}'
drop table ${table};
`;
}

function reportOf(client: string, output: string, digest: string, copiedOut: number): DriverReport {
  const rows = output
    .trimEnd()
    .split('\n')
    .map((line) => line.split('|'));
  const answer = (word: string) => rows.find((row) => row[0] === word)?.[1] ?? 'no answer';
  const parameters = rows.filter((row) => row[0] === 'param');
  const right = parameters.filter((row, i) => row[1] === String(i + 1) && row[2] === `it's ${i}`);
  const whole = digest.startsWith(largeDigest());
  return {
    client,
    serverTls: answer('tls') === 't',
    parameterised: right.length,
    transaction: { committed: Number(answer('committed')), rolledBack: Number(answer('rolledBack')) },
    error: {
      sqlstate: answer('sqlstate'),
      afterwards: answer('afterwards'),
      recovered: Number(answer('recovered')),
    },
    large: whole
      ? { rows: amounts.largeRows, bytes: amounts.largeRows * amounts.largeRowBytes }
      : { rows: 0, bytes: 0 },
    copy: { in: Number(answer('copied')), out: copiedOut },
    habits: {},
  };
}

let largeDigestText: string | null = null;

function largeDigest(): string {
  if (largeDigestText === null) {
    const hash = createHash('sha256');
    for (let i = 1; i <= amounts.largeRows; i += 1) hash.update(`${i}|${largeText(i)}\n`);
    largeDigestText = hash.digest('hex');
  }
  return largeDigestText;
}
