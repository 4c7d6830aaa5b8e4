// Tests of what the parser tells of a text: which settings follow, and what cannot.
import { beforeAll, expect, test } from 'vitest';
import { loadSqlParser, normalizedText, sessionEffects, sqlParserFailed } from './index.ts';

beforeAll(() => loadSqlParser());

test.each([
  ["set work_mem = '1MB'", ['work_mem']],
  ['SET "App.Tenant_Id" = 7', ['app.tenant_id']],
  ["set time zone 'UTC'", ['timezone']],
  ["set names 'latin1'", ['client_encoding']],
  ['set role bob', ['role']],
  ['set session authorization bob', ['role', 'session_authorization']],
  ['begin; set a.b = 1; savepoint s; reset all; rollback to s; commit', ['a.b']],
  ["call p(set_config('a.b', 'x', false))", ['a.b']],
  ["select set_config('app.x', $1, false)", ['app.x']],
  ["select pg_catalog.set_config('app.x'::text, '1', 'f')", ['app.x']],
  [
    'set session characteristics as transaction read only',
    ['default_transaction_isolation', 'default_transaction_read_only', 'default_transaction_deferrable'],
  ],
  ['update t set a = 1; /* x */ set a.b = 1', ['a.b']],
])('%s sets %j', (text, settings) => {
  expect(sessionEffects(text)).toMatchObject({ settings, unreplayable: null });
});

test.each([
  ['set local work_mem = 1'],
  ['set transaction read only'],
  ["set transaction_isolation = 'serializable'"],
  ["select set_config('app.x', $1, true)"],
  ['update t set a = 1'],
  ['create temp table t (a int) on commit drop'],
  ['create temp table t on commit drop as select 1'],
  ['select pg_advisory_xact_lock(1)'],
  ['declare c cursor for select 1'],
  ['do $$ begin update t set a = 1; end $$'],
  ['unlisten *'],
  ['deallocate all'],
  ['create function f() returns trigger language plpgsql as $$ begin return null; end $$'],
  ['create function f() returns int language sql set search_path = a, pg_temp as $$ select 1 $$'],
])('%s leaves the session as it was', (text) => {
  expect(sessionEffects(text)).toMatchObject({ settings: [], resetAll: 'no', unreplayable: null });
});

test.each([
  ['listen x', 'listen'],
  ["select currval('s'), pg_advisory_lock(1)", 'advisory-lock'],
  ['create temp table t (a int); select setseed(0.5)', 'seed'],
  ['prepare p as select 1', 'prepare'],
  ['explain analyze execute p', 'prepare'],
  ['select * from pg_prepared_statements', 'prepare'],
  ['select 1; deallocate p', 'prepare'],
  ["load 'x'", 'load'],
  ["create function f() returns trigger as 'refint' language c", 'load'],
  ['set plpgsql.extra_warnings = 1', 'load'],
  ['select pg_stat_force_next_flush()', 'statistics'],
  ['create temp view v as select 1', 'temp-object'],
  ['select 1 into temp t', 'temp-object'],
  ['create temp sequence s', 'temp-object'],
  ['create function pg_temp.f() returns int language sql as $$ select 1 $$', 'temp-object'],
  ['drop table pg_temp.t', 'temp-object'],
  ['set search_path = pg_temp, public', 'temp-object'],
  ['select 1 where pg_try_advisory_lock(1)', 'advisory-lock'],
  ['declare c scroll cursor with hold for select 1', 'hold-cursor'],
  ['select setseed(0.1)', 'seed'],
  ['set seed = 0.1', 'seed'],
  ["insert into t values (currval('s'))", 'sequence-state'],
  ['select set_config($1, $2, false)', 'set-config'],
  ['do $$ begin\n set work_mem = 1; end $$', 'set'],
  ["do $$ begin perform set_config('a.b', 'c', false); end $$", 'set-config'],
  ["do $$ begin execute 'set a.b = 1'; end $$", 'set'],
  ['do $$ begin -- why\n set a.b = 1; end $$', 'set'],
  ['do $$ begin if pg_try_advisory_lock_shared(1) then null; end if; end $$', 'advisory-lock'],
  [
    "do $$ begin update t set a = 1; execute format('create temp table %I (i int)', 'x'); end $$",
    'temp-object',
  ],
])('%s cannot follow: %s', (text, unreplayable) => {
  expect(sessionEffects(text)?.unreplayable).toBe(unreplayable);
});

test('resets are told apart, and what is set after RESET ALL counts', () => {
  expect(sessionEffects('set a.b = 1; reset work_mem; set c.d to default')).toMatchObject({
    settings: ['a.b', 'work_mem', 'c.d'],
    resets: ['work_mem', 'c.d'],
  });
  expect(sessionEffects('set a.b = 1; reset all; set c.d = 2')).toMatchObject({
    settings: ['c.d'],
    resetAll: 'reset',
  });
  expect(sessionEffects('discard all')).toMatchObject({ settings: [], resetAll: 'discard' });
  expect(sessionEffects('reset work_mem; set work_mem = 1')?.resets).toEqual([]);
});

test('a text that Postgres would not understand has no effects', () => {
  expect(sessionEffects('set set set')).toBe(null);
});

test.each([
  ['select my_function()', true],
  ['select other.lower(a)', true],
  ['select nextval($1)', true],
  ['do $$ begin end $$', true],
  ['call p()', true],
  ['select lower(a), count(*), coalesce(b, now()) from t', false],
  ['select pg_catalog.upper(a)', false],
  ['insert into t values (random())', false],
  ['begin', false],
])('%s runs code of which nobody knows what it does: %s', (text, unknownCode) => {
  expect(sessionEffects(text)?.unknownCode).toBe(unknownCode);
});

test.each([
  ['select 1', false],
  ['show work_mem', false],
  ['commit', false],
  ['select a from t', true],
  ['with x as (delete from t returning 1) select 1 from x', true],
  ['insert into t values (1)', true],
  ['create index on t (a)', true],
])('%s touches data, and may run code that it does not name: %s', (text, touchesData) => {
  expect(sessionEffects(text)?.touchesData).toBe(touchesData);
});

test.each([
  ['unlisten a', ['a']],
  ['unlisten a; select 1; unlisten "B c"', ['a', 'B c']],
  ['unlisten a; unlisten *; unlisten b', 'all'],
  ['listen a', []],
  [`unlisten ${'x'.repeat(70)}`, ['x'.repeat(63)]],
])('%s stops listening to %j', (text, unlistens) => {
  expect(sessionEffects(text)?.unlistens).toEqual(unlistens);
});

test('a text that asks for the channels is told from one that does not', () => {
  expect(sessionEffects('select * from pg_listening_channels()')?.showsChannels).toBe(true);
  expect(sessionEffects('select pg_notification_queue_usage()')?.showsChannels).toBe(false);
});

test('a text for people has no values in it, and is short', () => {
  const text = `create temp table "é" as -- a secret
    select 'sécret', E'it\\'s', $$a$$, $x$b$x$, U&'d', x'ff', 42, 1.5e3, $1 /* and more */`;
  expect(normalizedText(text)).toBe('create temp table "é" as select ?, ?, ?, ?, ?, ?, ?, ?, $1');
  expect(normalizedText(`select ${'a, '.repeat(1_000)}b`)!.length).toBeLessThanOrEqual(301);
});

test('texts that are no SQL leave the parser as it was', () => {
  for (const text of ['', ' ', 'selekt', 'create temp table t as select; sel', 'select $$']) {
    sessionEffects(text);
    normalizedText(text);
  }
  expect(sqlParserFailed()).toBe(false);
  expect(sessionEffects('listen x')?.unreplayable).toBe('listen');
});
