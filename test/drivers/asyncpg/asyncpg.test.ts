// asyncpg with its default settings and with those that poolers make people set.
import { join } from 'node:path';
import { beforeAll, describe, test } from 'vitest';
import { pythonWith } from '../installed.ts';
import { runProgram } from '../run-program.ts';
import { runs, runsNow, tableOf, urlOf } from '../runs.ts';
import { expectWhole } from '../scenario.ts';
import { type Subject, theSubject } from '../subject.ts';

const python = pythonWith('asyncpg', 'python3-asyncpg');
const client = join(import.meta.dirname, 'client.py');

describe.skipIf('missing' in python)('missing' in python ? python.missing : 'asyncpg', () => {
  const { program } = python as { program: string };
  let subject: Subject;
  beforeAll(async () => {
    subject = await theSubject();
  });

  test.each(runsNow.map((run, index) => ({ ...run, index })))('asyncpg works on the $name', async (run) => {
    const table = tableOf('asyncpg', run.index);
    expectWhole(await runProgram(program, [client], { url: urlOf(subject, run), table }));
  });

  test('asyncpg is not harmed by statement_cache_size=0', async () => {
    const settings = { statement_cache_size: 0 };
    const url = urlOf(subject, runs[0]!);
    expectWhole(await runProgram(program, [client], { url, table: 'asyncpg_set', settings }));
  });

  // asyncpg sends parameters that it does not know to the server, as startup parameters.
  test('asyncpg is not harmed by parameters meant for other tools in its string', async () => {
    const url = urlOf(subject, runs[2]!, { pgbouncer: 'true', connection_limit: '1', pool_timeout: '10' });
    expectWhole(await runProgram(program, [client], { url, table: 'asyncpg_params' }));
  });
});
