// A name that a request took away comes back when the request was refused, unless its client has gone.
import { expect, test } from 'vitest';
import { ClientSession } from './client-session.ts';
import { giveNameBack, NameNote } from './name-note.ts';
import { Pool } from './pool.ts';
import { usualPoolSettings } from './testing/pool-settings.ts';
import { Upstream } from './upstream.ts';
import { noValues } from './value-set.ts';

function closedName() {
  const pool = new Pool('pool', 'db', new Upstream('upstream', 1), usualPoolSettings, {
    waited() {},
    held() {},
  });
  const peer = { write: () => true, unsentBytes: 0, pause() {}, resume() {} };
  const client = new ClientSession({ peer, pool, replay: noValues, told: noValues });
  const payload = Buffer.from('select 1\0\0\0', 'latin1');
  const note = new NameNote(client, 'name', pool.statements.take(payload, 0, payload.length), false);
  return { client, pool, note };
}

test('a client that is there has its name again', () => {
  const { client, pool, note } = closedName();
  giveNameBack(note);
  expect(client.statements.get('name')).toBe(note.statement);
  expect(pool.statements.size).toBe(1);
});

test('a client that has gone keeps no statement remembered', () => {
  const { client, pool, note } = closedName();
  client.state = 'ended';
  giveNameBack(note);
  expect(client.statements.size).toBe(0);
  expect(pool.statements.size).toBe(0);
});
