// Tests of the first look at an SQL text.
import { expect, test } from 'vitest';
import { parsedBits, Suspicion, suspicionOf, WordScan } from './index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const look = (text: string): number => suspicionOf(bytes(text), 0, bytes(text).length);

test.each([
  ['create temp table x (a int)', Suspicion.TempObject],
  ['CREATE TEMPORARY VIEW v AS SELECT 1', Suspicion.TempObject],
  ['select * from pg_temp.x', Suspicion.TempObject],
  ["select pg_catalog.set_config('a.b', '1', false)", Suspicion.SetConfig],
  ['select PG_ADVISORY_LOCK(1)', Suspicion.AdvisoryLock],
  ['declare c cursor with hold for select 1', Suspicion.HoldCursor],
  ['select setseed(0.5)', Suspicion.Seed],
  ["select currval('s')", Suspicion.SequenceState],
  ['DO $$ begin set work_mem = 1; end $$', Suspicion.SetInsideDo],
  ['set x.y = 1', Suspicion.Setting],
  ['select 1;reset all', Suspicion.Setting],
  ['/* hello */ set x.y = 1', Suspicion.Setting],
  ['-- hello\nlisten x', Suspicion.Listen],
  ['select 1; UNLISTEN *', Suspicion.Listen],
  ['select * from pg_listening_channels()', Suspicion.Listen],
  ['-- a; b\nDO $$ begin set x = 1; end $$', Suspicion.SetInsideDo],
  ['explain (analyze) execute p', Suspicion.OwnStatement],
  ['alter role r set a.b = 1', Suspicion.RoleSetting],
  ['insert into t values (1)', Suspicion.SequenceUse],
])('suspects %s', (text, bit) => {
  expect(look(text) & bit).toBe(bit);
});

test.each([
  'select 1',
  'select temperature, attempts, template from readings',
  'select pg_advisory_xact_lock(1)',
  'declare c cursor for select 1',
  'select hold from orders',
  'update t set a = 1 where b = 2',
  "insert into t values (nextval('s'))",
])('lets %s pass', (text) => {
  expect(look(text) & parsedBits).toBe(0);
});

test('finds a word that is cut at any offset', () => {
  const text = bytes('select 1; create temp table x ()');
  for (let cut = 0; cut <= text.length; cut++) {
    const scan = new WordScan();
    scan.start();
    scan.feed(text, 0, cut);
    scan.feed(text, cut, text.length);
    expect(scan.end()).toBe(Suspicion.TempObject);
  }
});

test('finds every word that counts in capitals and small letters, alone and among others that begin and end alike', () => {
  const suspects = ['temp', 'currval', 'pg_advisory_lock', 'pg_create_physical_replication_slot', 'nextval'];
  for (const word of suspects) {
    expect(look(word), word).not.toBe(0);
    expect(look(`select ${word.toUpperCase()} (1)`), word).not.toBe(0);
    const alike = `${word[0]}${'x'.repeat(word.length - 2)}${word.at(-1)}`;
    expect(look(`select ${alike}, ${word}x, x${word}, 1`), word).toBe(0);
    expect(look(`select ${alike} ${word} ${alike}`), word).not.toBe(0);
  }
});

test('a first word that counts nowhere leaves the next one in the middle of its statement', () => {
  expect(look('selekt set x from t') & Suspicion.Setting).toBe(0);
  expect(look('select execute from t') & Suspicion.OwnStatement).toBe(0);
});
