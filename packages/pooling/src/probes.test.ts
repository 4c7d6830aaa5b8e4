// What happens around the questions that Weir asks a server: to the client's own messages, statements and notifications.
import {
  bind,
  bindComplete,
  errorResponse,
  execute,
  joinBytes,
  notificationResponse,
  parse,
  parseComplete,
  query,
  readyForQuery,
  sync,
} from '@weir/protocol';
import { loadSqlParser } from '@weir/sql';
import { beforeAll, expect, test } from 'vitest';
import type { ClientSession } from './client-session.ts';
import type { ServerSession } from './server-session.ts';
import { SmallPool } from './testing/small-pool.ts';

beforeAll(() => loadSqlParser());

/** A client with a shared server that has been pinned for a temporary table, and is asked about it now. */
function asked(before: Uint8Array | null = null): {
  small: SmallPool;
  client: ClientSession;
  server: ServerSession;
} {
  const small = new SmallPool();
  const client = small.client();
  small.send(client, 'begin');
  const server = small.open();
  small.answer(server, 'BEGIN', 'T');
  small.send(client, 'create temp table x ()');
  small.answer(server, 'CREATE TABLE', 'T');
  small.send(client, 'rollback');
  small.answer(server, 'ROLLBACK');
  if (before !== null) {
    small.send(client, before);
    small.answer(server, joinBytes([parseComplete(), readyForQuery('I')]));
  }
  small.nowMs += 1_000;
  small.sweep();
  expect(small.written(server)).toContain('pg_my_temp_schema');
  return { small, client, server };
}

test('a notification that comes while a server is asked reaches its client, and the answer does not', () => {
  const { small, client, server } = asked();
  const seen = small.written(client).length;
  small.answer(server, notificationResponse(7, 'news', 'hello'));
  small.answerRows(server, ['srole=none']);
  const told = small.written(client).slice(seen);
  expect(told).toContain('news\0hello');
  expect(told).not.toContain('srole');
});

test('a question that fails in its transaction is rolled back before the client goes on', () => {
  const { small, client, server } = asked();
  small.send(client, 'select 7');
  const error = errorResponse({ severity: 'ERROR', code: '42501', message: 'permission denied' });
  small.answer(server, joinBytes([error, readyForQuery('E')]));
  expect(small.written(server).endsWith('ROLLBACK\0')).toBe(true);
  expect(small.written(client)).not.toContain('permission denied');
  small.answer(server, 'ROLLBACK');
  expect(small.written(server).endsWith('select 7\0')).toBe(true);
  expect(server.pin).toBe('temp-object');
});

test('an unnamed statement is given to the server again after it was asked', () => {
  const { small, client, server } = asked(joinBytes([parse('', 'select 11'), sync()]));
  small.answerRows(server, ['srole=none', 't']);
  small.send(client, joinBytes([bind('', ''), execute(''), sync()]));
  expect(small.written(server).split('select 11')).toHaveLength(3);
});

test('what a query after a DEALLOCATE does is looked at by itself', () => {
  const small = new SmallPool();
  const client = small.client();
  small.send(client, joinBytes([parse('häuser', 'select 1'), bind('', 'häuser'), sync()]));
  const server = small.open();
  small.answer(server, joinBytes([parseComplete(), bindComplete(), readyForQuery('I')]));
  // In one write: the second query finds the server that the first one got.
  small.send(client, joinBytes([query('deallocate "häuser"'), query('create temp table x ()')]));
  expect(client.statements.size).toBe(0);
  expect(server.pin).toBe('temp-object');
});

test.each([
  'insert into t default values',
  'with n as (insert into t default values returning id) select id from n',
])('the server remembers whose sequences it has after %s', (text) => {
  const small = new SmallPool();
  const client = small.client();
  small.send(client, text);
  const server = small.open();
  small.answer(server, 'INSERT 0 1');
  expect(server.sequenceOwner).toBe(client);
  expect(server.guardsSequences(small.nowMs)).toBe(true);
});

test('in statement mode a pipeline ends where it opens a transaction, and the server is rolled back', () => {
  const small = new SmallPool({ mode: 'statement' });
  const client = small.client();
  small.send(client, joinBytes([query('select 1'), query('begin'), query('select 2')]));
  const server = small.open();
  small.answer(server, 'SELECT 1');
  small.answer(server, 'BEGIN', 'T');
  expect(small.refused).toEqual([{ kind: 'statement-mode' }]);
  small.answer(server, 'SELECT 1', 'T');
  expect(small.written(server).endsWith('ROLLBACK\0')).toBe(true);
  small.answer(server, 'ROLLBACK');
  expect(server.state).toBe('idle');
});

/** A client with a name of its own, whose shared server has been pinned for a temporary table. */
function pinnedAndNamed(): { small: SmallPool; client: ClientSession; server: ServerSession } {
  const small = new SmallPool();
  const client = small.client(small.pool, { application_name: 'billing' });
  small.send(client, 'begin');
  const server = small.open();
  small.answerRows(server, ['billing']);
  small.answer(server, 'BEGIN', 'T');
  small.send(client, 'create temp table x ()');
  small.answer(server, 'CREATE TABLE', 'T');
  small.send(client, 'commit');
  small.answer(server, 'COMMIT');
  expect(server.pin).toBe('temp-object');
  return { small, client, server };
}

test.each(['reset all', 'discard all', 'reset application_name'])(
  'after %s on a pinned server the client has the values of its startup before it goes on',
  (text) => {
    const { small, client, server } = pinnedAndNamed();
    small.send(client, text);
    small.answer(server, text === 'discard all' ? 'DISCARD ALL' : 'RESET');
    small.send(client, 'show application_name');
    const last = small.written(server).split(text).at(-1)!;
    expect(last).toContain("'billing'");
    expect(last).not.toContain('show application_name');
    small.answer(server, 'COMMIT');
    expect(small.written(server).endsWith('show application_name\0')).toBe(true);
  },
);

test('what a pinned client resets in a transaction is set again once that is over', () => {
  const { small, client, server } = pinnedAndNamed();
  small.send(client, 'begin');
  small.answer(server, 'BEGIN', 'T');
  small.send(client, 'reset application_name');
  small.answer(server, 'RESET', 'T');
  const before = small.written(server).length;
  small.send(client, 'commit');
  small.answer(server, 'COMMIT');
  expect(small.written(server).slice(before)).toContain("'billing'");
});

test('startup values that cannot be set again leave the client of a pinned server its session', () => {
  const { small, client, server } = pinnedAndNamed();
  small.send(client, 'reset all');
  small.answer(server, 'RESET');
  const error = errorResponse({ severity: 'ERROR', code: '57014', message: 'statement timeout' });
  small.answer(server, joinBytes([error, readyForQuery('E')]));
  expect(small.written(server).endsWith('ROLLBACK\0')).toBe(true);
  small.answer(server, 'ROLLBACK');
  small.send(client, 'select 7');
  expect(small.written(server).endsWith('select 7\0')).toBe(true);
  expect(small.written(client)).not.toContain('statement timeout');
  expect(small.closed).toEqual([]);
});

test('a client whose settings cannot be given to the server that is to stay with it hears why, and runs nothing', () => {
  const small = new SmallPool();
  const client = small.client(small.pool, { application_name: 'billing' });
  small.send(client, 'select 1');
  const server = small.open();
  small.answerRows(server, ['billing']);
  small.answer(server, 'SELECT 1');
  small.send(client, 'reset all');
  small.answer(server, 'RESET');
  small.send(client, 'select pg_stat_force_next_flush()');
  // First whoever has counted writes it out, and then the client has its server back.
  small.answerRows(server, ['']);
  expect(server.pin).toBe('statistics');
  const error = errorResponse({ severity: 'ERROR', code: '57014', message: 'statement timeout' });
  small.answer(server, joinBytes([error, readyForQuery('I')]));
  expect(small.written(server)).not.toContain('select pg_stat_force_next_flush');
  expect(small.closed).toEqual([{ server, reason: 'replay-failed' }]);
  expect(client.state).toBe('ended');
});

test('an unnamed statement too long to be remembered stays on a server that was pinned before', () => {
  const { small, client, server } = pinnedAndNamed();
  const long = parse('', `select ${'1 + '.repeat(500_000)}1`);
  small.send(client, long.subarray(0, 1_000_000));
  small.send(client, long.subarray(1_000_000));
  small.send(client, sync());
  small.answer(server, joinBytes([parseComplete(), readyForQuery('I')]));
  const before = small.written(server).length;
  small.send(client, joinBytes([bind('', ''), execute(''), sync()]));
  expect(small.written(server).slice(before)).toMatch(/^B/);
});
