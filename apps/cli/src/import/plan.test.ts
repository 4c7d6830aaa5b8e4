// pgbouncer.ini becomes endpoints and overrides, and what cannot is told by its line.
import { expect, test } from 'vitest';
import { readIni, readKeyValues, readUserList } from './ini-file.ts';
import { planImport } from './plan.ts';

const files: Record<string, string> = {
  'pgbouncer.ini': `; a comment
[databases]
shop = host=10.0.0.5 port=5433 dbname=shop_production user=shop password='it''s' pool_size=30 pool_mode=session
"odd ""name" = host=10.0.0.5 port=5433 connect_query='select 1'
stats = host=10.0.0.6
local = dbname=local
* = host=10.0.0.6 auth_user=asker
broken = host
%include more.ini

[peers]
1 = host=10.0.0.9
`,
  'more.ini': `[users]
reporter = pool_mode=session query_timeout=60 max_user_connections=5
[pgbouncer]
listen_port = 6432
pool_mode = transaction
default_pool_size = 20
min_pool_size = 2
max_client_conn = 5000
query_wait_timeout = 120
server_idle_timeout = 0
idle_transaction_timeout = 30
reserve_pool_size = 5
server_tls_sslmode = prefer
auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename=$1
coffee = black
nonsense
`,
};
const ini = readIni('pgbouncer.ini', (file) => files[file]!);
const users = readUserList('"asker" "secret ""quoted"""\n"hashed" "SCRAM-SHA-256$4096:salt$a:b"\n');

test('each server becomes an endpoint with the settings, and its databases and users become overrides', () => {
  const plan = planImport(ini, users, { computeRamGb: 4, user: 'weir', password: 'pw' });
  expect(plan.missing).toEqual([]);
  const settings = {
    mode: 'transaction',
    poolSize: 20,
    poolSizeMin: 2,
    clientConnectionsMax: 5000,
    queryWaitTimeoutMs: 120_000,
    serverIdleTimeoutMs: 604_800_000,
    idleInTransactionTimeoutMs: 30_000,
  };
  const reporter = {
    role: 'reporter',
    database: null,
    settings: { mode: 'session', queryTimeoutMs: 60_000 },
  };
  const shop = { role: null, database: 'shop_production', settings: { poolSize: 30, mode: 'session' } };
  const authQuery = 'SELECT usename, passwd FROM pg_shadow WHERE usename=$1';
  expect(plan.endpoints).toEqual([
    {
      renamed: [{ alias: 'shop', database: 'shop_production' }],
      body: {
        upstream: {
          ...{ host: '10.0.0.5', port: 5433, database: 'shop_production' },
          ...{ user: 'shop', password: "it's", tlsMode: 'require' },
        },
        computeRamGb: 4,
        settings: { ...settings, overrides: [reporter, shop] },
        authQuery,
      },
    },
    {
      renamed: [],
      body: {
        upstream: {
          ...{ host: '10.0.0.6', port: 5432, database: 'stats' },
          ...{ user: 'weir', password: 'pw', tlsMode: 'require' },
        },
        computeRamGb: 4,
        settings: { ...settings, overrides: [reporter] },
        authQuery,
      },
    },
  ]);
});

test('what cannot be carried over is told by file and line, with the reason', () => {
  const { notes } = planImport(ini, users, { computeRamGb: 4 });
  const told = notes.map(({ file, line, text }) => `${file}:${line} ${text}`);
  expect(told).toEqual(
    expect.arrayContaining([
      'pgbouncer.ini:3 clients log in as themselves, and not all as shop',
      expect.stringMatching(/^pgbouncer\.ini:4 connect_query is not carried over: /),
      'pgbouncer.ini:6 local is reached over a Unix socket; name a host that Weir can reach',
      'pgbouncer.ini:8 the connection string of broken cannot be read',
      'pgbouncer.ini:12 section [peers] is not carried over',
      expect.stringMatching(/^more\.ini:2 max_user_connections is not carried over: /),
      expect.stringMatching(/^more\.ini:12 reserve_pool_size is not carried over: /),
      'more.ini:15 coffee is not known',
      'more.ini:16 "nonsense" is no setting',
    ]),
  );
  // Nothing is said of what needs nothing here.
  expect(told.join('\n')).not.toContain('listen_port');
});

test('a minimum that comes to nothing, since its pools are in session mode, is told where that is said', () => {
  const idleIn = (text: string) =>
    planImport(
      readIni('f', () => text),
      users,
      { computeRamGb: 1 },
    )
      .notes.filter((note) => note.text.startsWith('min_pool_size keeps nothing open in session mode'))
      .map(({ line }) => line);
  const databases = '[databases]\na = host=h\nb = host=h pool_mode=session\nc = host=h min_pool_size=2\n';
  const file = (users: string, pgbouncer: string) =>
    `${databases}[users]\n${users}\n[pgbouncer]\n${pgbouncer}\n`;
  expect(idleIn(file('u = pool_mode=session min_pool_size=1', ''))).toEqual([6]);
  expect(idleIn(file('u = query_timeout=1', 'min_pool_size = 1\npool_mode = session'))).toEqual([3, 4, 8]);
  expect(idleIn(file('u = pool_mode=session', 'min_pool_size = 1'))).toEqual([3, 6]);
  expect(idleIn(file('u = pool_mode=transaction', 'pool_mode = session'))).toEqual([4]);
  expect(idleIn(file('u = pool_mode=session min_pool_size=0', 'min_pool_size = 1'))).toEqual([3]);
});

test('a password that is nowhere to be had is asked for, also where the list has only its hash', () => {
  const text = '[databases]\na = host=h auth_user=hashed\n';
  const plan = planImport(
    readIni('f', () => text),
    users,
    { computeRamGb: 1 },
  );
  expect(plan.missing).toEqual(['--password-file, with the password of hashed at h']);
  const empty = planImport(
    readIni('f', () => ''),
    users,
    { computeRamGb: 1 },
  );
  expect(empty.missing).toEqual(['a line in [databases] that names a host']);
});

test('key and value pairs are read with their quotes, and nothing else is', () => {
  expect(readKeyValues("host = a  password='x ''y'' = z' port=1")).toEqual(
    new Map([
      ['host', 'a'],
      ['password', "x 'y' = z"],
      ['port', '1'],
    ]),
  );
  expect(readKeyValues("password='open")).toBeNull();
  expect(readKeyValues('')).toEqual(new Map());
});

test('the password list is read with its quotes', () => {
  expect(users.get('asker')).toBe('secret "quoted"');
});

test('files that include each other end', () => {
  const { notes } = readIni('a', () => '%include a');
  expect(notes).toEqual([{ file: 'a', line: 1, text: 'files include each other too deeply' }]);
});
