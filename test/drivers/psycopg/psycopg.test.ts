// psycopg 3 with its default settings and with those that poolers make people set.
import { join } from 'node:path';
import { beforeAll, describe, test } from 'vitest';
import { pythonWith } from '../installed.ts';
import { runProgram } from '../run-program.ts';
import { runs, runsNow, tableOf, urlOf } from '../runs.ts';
import { expectWhole } from '../scenario.ts';
import { type Subject, theSubject } from '../subject.ts';

const python = pythonWith('psycopg', 'python3-psycopg');
const client = join(import.meta.dirname, 'client.py');
// libpq then takes the host name for SNI and verification only.
const environment = { PGHOSTADDR: '127.0.0.1' };

describe.skipIf('missing' in python)('missing' in python ? python.missing : 'psycopg', () => {
  const { program } = python as { program: string };
  let subject: Subject;
  beforeAll(async () => {
    subject = await theSubject();
  });

  test.each(runsNow.map((run, index) => ({ ...run, index })))('psycopg works on the $name', async (run) => {
    const table = tableOf('psycopg', run.index);
    expectWhole(await runProgram(program, [client], { url: urlOf(subject, run), table }, environment));
  });

  test.each([
    { setting: 'prepare_threshold=None', settings: { prepare_threshold: null } },
    { setting: 'prepare_threshold=0', settings: { prepare_threshold: 0 } },
  ])('psycopg is not harmed by $setting', async ({ settings }) => {
    const table = tableOf('psycopg_set', settings.prepare_threshold === null ? 0 : 1);
    const url = urlOf(subject, runs[0]!);
    expectWhole(await runProgram(program, [client], { url, table, settings }, environment));
  });
});
