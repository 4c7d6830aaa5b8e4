// node-postgres with its default settings and with those that poolers make people set.
import '../resolve-localhost.mjs';
import type { ClientConfig } from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { runs, runsNow, tableOf, urlOf } from '../runs.ts';
import { expectWhole } from '../scenario.ts';
import { type Subject, theSubject } from '../subject.ts';
import { runNodePostgres } from './run.ts';

const noCopy = 'node-postgres has COPY only through pg-copy-streams';
let subject: Subject;
beforeAll(async () => {
  subject = await theSubject();
});

// node-postgres verifies the certificate at `require` too, so it always needs to be told of the authority.
const trusting = () => ({ sslrootcert: subject.caFile });

test.each(runsNow.map((run, index) => ({ ...run, index })))(
  'node-postgres works on the $name',
  async (run) => {
    const connectionString = urlOf(subject, run, trusting());
    expectWhole(await runNodePostgres({ connectionString }, tableOf('node_postgres', run.index)), noCopy);
  },
);

test('node-postgres is not harmed by pgbouncer=true and its kin in the string', async () => {
  const harmful = { pgbouncer: 'true', connection_limit: '1', pool_timeout: '10', schema: 'public' };
  const connectionString = urlOf(subject, runs[2]!, { ...trusting(), ...harmful });
  expectWhole(await runNodePostgres({ connectionString }, 'node_postgres_harmful'), noCopy);
});

test('node-postgres may send its timeouts at startup', async () => {
  const config: ClientConfig = {
    connectionString: urlOf(subject, runs[2]!, trusting()),
    statement_timeout: 60_000,
    lock_timeout: 60_000,
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'weir-drivers',
  };
  const report = await runNodePostgres(config, 'node_postgres_timeouts');
  expectWhole(report, noCopy);
  expect(report.client).toBe('node-postgres');
});
