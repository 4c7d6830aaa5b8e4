// A pgbouncer.ini of a real server is imported, and its clients are served with its settings.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startWeir, temporaryDirectory, type Weir, waitUntil } from '@weir/harness';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliIn } from './run-cli.ts';

const directory = temporaryDirectory('import');
let weir: Weir;
let file: string;
beforeAll(async () => {
  weir = await startWeir();
  await weir.createRole('reporter', 'reporter-pw');
  const { host, port, user, password } = weir.postgres;
  file = join(directory.path, 'pgbouncer.ini');
  writeFileSync(join(directory.path, 'userlist.txt'), `"${user}" "${password}"\n`);
  writeFileSync(
    file,
    `[databases]
shop = host=${host} port=${port} dbname=app pool_size=3 connect_query='select 1'
[users]
reporter = pool_mode=session
[pgbouncer]
auth_file = userlist.txt
auth_user = ${user}
server_tls_sslmode = disable
pool_mode = transaction
query_wait_timeout = 7
`,
  );
});
afterAll(async () => {
  await weir?.close();
  directory.remove();
});

const run = (words: readonly string[]) =>
  cliIn(directory.path, { WEIR_API_URL: weir.apiUrl, WEIR_API_KEY: weir.apiKey })([
    ...['import', file, '--name', 'from pgbouncer', '--ram-gb', '2'],
    ...words,
  ]);

test('without --apply the plan is printed, with what is lost by its line, and nothing is made', async () => {
  const { code, stdout } = await run([]);
  expect(code).toBe(0);
  expect(stdout).toContain('queryWaitTimeoutMs = 7000');
  expect(stdout).toContain('for role reporter: {"mode":"session"}');
  expect(stdout).toContain('clients of "shop" connect to database "app" from now on');
  expect(stdout).toContain(`${file}:2: connect_query is not carried over`);
  expect(stdout).not.toContain(weir.postgres.password);
  const { items } = await weir.controlApi.call<{ items: { name: string }[] }>('GET', '/v1/tenants');
  expect(items.map((tenant) => tenant.name)).not.toContain('from pgbouncer');
});

test('with --apply it is made, and clients are served with its settings', async () => {
  const { code, stdout, stderr } = await run(['--apply', '--json']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const [made] = (JSON.parse(stdout) as { endpoints: { endpoint: string }[] }).endpoints;
  const id = made!.endpoint;
  const endpoint = await weir.controlApi.call('GET', `/v1/endpoints/${id}`);
  expect(endpoint).toMatchObject({
    settings: {
      mode: 'transaction',
      queryWaitTimeoutMs: 7000,
      overrides: [
        { role: 'reporter', database: null, settings: { mode: 'session' } },
        { role: null, database: 'app', settings: { poolSize: 3 } },
      ],
    },
  });
  const ask = async () => {
    const client = new pg.Client({
      connectionString: weir.pooledUrl('reporter').replace(weir.endpoint.id, id),
    });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query('select current_user as who')).rows[0].who as string;
    } finally {
      await client.end().catch(() => {});
    }
  };
  await waitUntil(async () => (await ask()) === 'reporter', {
    what: 'the endpoint serves',
    timeoutMs: 30_000,
  });
});

test('what is missing is named, and nothing is made', async () => {
  writeFileSync(file, '[databases]\na = host=db.example\n');
  const refused = await run(['--apply']);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('--user');
});
