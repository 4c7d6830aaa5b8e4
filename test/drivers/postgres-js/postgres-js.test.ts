// postgres.js with its default settings and with those that poolers make people set.
import '../resolve-localhost.mjs';
import { beforeAll, test } from 'vitest';
import { type Run, runs, runsNow, tableOf, urlOf } from '../runs.ts';
import { expectWhole } from '../scenario.ts';
import { type Subject, theSubject } from '../subject.ts';
import { runPostgresJs } from './run.ts';

let subject: Subject;
beforeAll(async () => {
  subject = await theSubject();
});

/** postgres.js sends every parameter that it does not know to the server, sslrootcert too: the authority goes in beside. */
function connection(run: Run, params?: Record<string, string>) {
  const url = new URL(urlOf(subject, run, params));
  url.searchParams.delete('sslrootcert');
  return {
    url: url.href,
    options: run.options.sslmode === 'verify-full' ? { ssl: { ca: subject.caPem } } : {},
  };
}

test.each(runsNow.map((run, index) => ({ ...run, index })))('postgres.js works on the $name', async (run) => {
  const { url, options } = connection(run);
  expectWhole(await runPostgresJs(url, options, tableOf('postgres_js', run.index)));
});

test('postgres.js is not harmed by prepare: false and fetch_types: false', async () => {
  const { url, options } = connection(runs[0]!);
  // Without its type query postgres.js does not know arrays: that habit is its own doing.
  const report = await runPostgresJs(
    url,
    { ...options, prepare: false, fetch_types: false },
    'postgres_js_set',
  );
  const { 'types of an array': _, ...habits } = report.habits;
  expectWhole({ ...report, habits });
});

test('postgres.js is not harmed by pgbouncer=true and its kin in the string', async () => {
  const { url, options } = connection(runs[2]!, {
    pgbouncer: 'true',
    connection_limit: '1',
    pool_timeout: '10',
  });
  expectWhole(await runPostgresJs(url, { ...options, max: 1 }, 'postgres_js_harmful'));
});
