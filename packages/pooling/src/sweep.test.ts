// Time that passes while Weir itself asks a server for a client.
import { loadSqlParser } from '@weir/sql';
import { beforeAll, expect, test } from 'vitest';
import { SmallPool } from './testing/small-pool.ts';
import { valueSetOf } from './value-set.ts';

beforeAll(() => loadSqlParser());

test('a client whose server does not answer when its settings are set there is ended as one whose query is stuck', () => {
  const small = new SmallPool({ queryTimeoutMs: 6_000 });
  const client = small.client();
  client.replay = valueSetOf(new Map([['work_mem', '8MB']]));
  small.send(client, 'select 1');
  const server = small.open();
  expect([server.replaying, server.client]).toEqual([true, client]);
  for (small.nowMs += 100; small.nowMs < 11_900; small.nowMs += 100) small.sweep();
  expect([small.refused, small.canceled]).toEqual([[], []]);
  small.nowMs += 200;
  small.sweep();
  expect(small.refused).toEqual([{ kind: 'time-limit', limit: 'query', ms: 6_000 }]);
  expect([client.state, server.client]).toEqual(['ended', null]);
});
