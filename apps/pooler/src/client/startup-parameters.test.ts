// How startup parameters are sorted: pool key, replay, ignored, refused.
import { expect, test } from 'vitest';
import { PoolerError } from '../errors.ts';
import { booleanGucs, enumGucs, otherGucs } from './guc-names.ts';
import { splitStartupParameters } from './startup-parameters.ts';

function split(parameters: Record<string, string>, options?: string) {
  return splitStartupParameters({ parameters: new Map(Object.entries(parameters)), options, role: 'app' });
}

function refusal(parameters: Record<string, string>, options?: string): string {
  try {
    split(parameters, options);
  } catch (error) {
    if (error instanceof PoolerError) return `${error.sqlstate} ${error.message}`;
    throw error;
  }
  throw new Error('was not refused');
}

test('what a server forgets with its first transaction opens no pool of its own and is never replayed', () => {
  const { keyGucs, replayGucs } = split(
    { transaction_isolation: 'serializable' },
    '-c transaction_read_only=off -c transaction_deferrable=on -c default_transaction_read_only=on',
  );
  expect([Object.fromEntries(keyGucs), replayGucs.size]).toEqual([
    { default_transaction_read_only: 'on' },
    0,
  ]);
});

test('settings that differ from client to client by habit are replayed, the others are part of the key', () => {
  const { keyGucs, replayGucs } = split({
    user: 'app',
    database: 'shop',
    application_name: 'pod-7',
    client_encoding: "'utf-8'",
    'App.Tenant': ' 5 ',
    TIMEZONE: 'Europe/Berlin',
    search_path: 'a, b',
    statement_timeout: '5s',
  });
  expect([...keyGucs]).toEqual([
    ['TimeZone', 'Europe/Berlin'],
    ['search_path', 'a, b'],
    ['statement_timeout', '5s'],
  ]);
  expect([...replayGucs]).toEqual([
    ['application_name', 'pod-7'],
    ['client_encoding', 'UTF8'],
    ['app.tenant', ' 5 '],
  ]);
});

test('values that mean the same are written the same', () => {
  const value = (name: string, text: string) => split({ [name]: text }).keyGucs.get(name);
  expect(['on', 'TRUE', 'y', '1', 'tr'].map((text) => value('jit', text))).toEqual(Array(5).fill('on'));
  expect(['off', 'of', 'F', 'no', '0'].map((text) => value('jit', text))).toEqual(Array(5).fill('off'));
  expect(value('jit', 'o')).toBe('o');
  expect(value('bytea_output', 'HEX')).toBe('hex');
  expect(value('DateStyle', 'ISO')).toBe('ISO');
  expect(split({ client_encoding: 'Unicode' }).replayGucs.get('client_encoding')).toBe('UTF8');
  expect(split({ client_encoding: 'EUC_JP' }).replayGucs.get('client_encoding')).toBe('EUC_JP');
});

test('options are cut into words, escapes and all, as the server cuts them', () => {
  const { keyGucs, replayGucs } = split(
    { user: 'app', work_mem: '4MB' },
    '-c  search_path=a\\ b -cstatement_timeout=5s\t--lock-timeout=1s -c app.note=x\\\\y --work_mem=1MB',
  );
  expect(Object.fromEntries(keyGucs)).toEqual({
    lock_timeout: '1s',
    search_path: 'a b',
    statement_timeout: '5s',
    // A parameter of its own beats options.
    work_mem: '4MB',
  });
  expect(replayGucs.get('app.note')).toBe('x\\y');
});

test('options in a form that the server has not are refused by name', () => {
  expect(refusal({}, '-c')).toBe('42601 invalid command-line argument for server process: -c');
  expect(refusal({}, '-c jit')).toContain('42601');
  expect(refusal({}, '--')).toContain('42601');
  expect(refusal({}, 'geqo=off')).toBe('42601 invalid command-line argument for server process: geqo=off');
});

test('names that clients leak are dropped, in any case', () => {
  const leaked = {
    pgbouncer: 'true',
    connection_limit: '1',
    pool_timeout: '0',
    channel_binding: 'require',
    schema: 'public',
    sslmode: 'require',
    Connect_Timeout: '10',
    ssl_min_protocol_version: 'TLSv1.2',
  };
  const { keyGucs, replayGucs, ignored } = split({ user: 'app', ...leaked });
  expect([keyGucs.size, replayGucs.size]).toEqual([0, 0]);
  expect(ignored).toEqual(Object.keys(leaked));
});

test('an unknown name is refused in the words of Postgres', () => {
  const unknown = '42704 unrecognized configuration parameter "serch_path"';
  expect(refusal({ serch_path: 'a' })).toBe(unknown);
  expect(refusal({}, '-c serch-path=a')).toBe(unknown);
  for (const name of ['a..b', '.a', 'a.', '1.a', 'a b.c']) expect(refusal({ [name]: '' })).toContain('42704');
});

test('the database is the role where none is named, also when libpq repeats the user name for it', () => {
  expect(split({ user: 'app' }).database).toBe('app');
  expect(split({ user: 'app.ep-a-b-123456', database: 'app.ep-a-b-123456' }).database).toBe('app');
  expect(split({ user: 'app', database: 'shop' }).database).toBe('shop');
});

test('replication is read as the server reads it', () => {
  expect(split({ replication: 'database' }).replication).toBe('logical');
  expect(split({ replication: 'true' }).replication).toBe('physical');
  expect(split({ replication: 'off' }).replication).toBe('no');
  expect(refusal({ replication: 'maybe' })).toBe('22023 invalid value for parameter "replication": "maybe"');
});

test('the lists of settings are sorted, without repetition', () => {
  const sorted = (names: readonly string[]) =>
    [...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  for (const names of [booleanGucs, enumGucs, otherGucs]) expect(names).toEqual(sorted(names));
  const all = [...booleanGucs, ...enumGucs, ...otherGucs];
  expect(new Set(all).size).toBe(all.length);
});
