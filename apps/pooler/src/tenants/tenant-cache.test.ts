// The cache over a real directory in memory, and over one whose answers the test holds back.
import {
  createMemoryFleet,
  type EndpointDirectory,
  type EndpointLookUp,
  FleetUnavailableError,
} from '@weir/fleet';
import type { PublishedEndpoint } from '@weir/tenancy';
import { expect, test, vi } from 'vitest';
import { endpointOf } from '../testing/endpoint.ts';
import { type EndpointChange, TenantCache } from './tenant-cache.ts';

const id = 'ep-calm-river-a1b2c3';
const endpoint = (generation = 1, part: Partial<PublishedEndpoint> = {}) =>
  endpointOf({ generation, ...part });

interface Question {
  resolve(answer: EndpointLookUp): void;
  reject(error: Error): void;
}

/** A directory that answers when told to. */
function heldDirectory() {
  const asked: Question[] = [];
  const listeners = new Set<(endpointId: string | null) => void>();
  const directory: EndpointDirectory = {
    lookUp: () => new Promise((resolve, reject) => asked.push({ resolve, reject })),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return {
    directory,
    asked,
    change: (endpointId: string | null) => {
      for (const tell of listeners) tell(endpointId);
    },
  };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('many who ask for one endpoint ask the directory once, and later ones not at all', async () => {
  const { directory, asked } = heldDirectory();
  const cache = new TenantCache({ directory, now: () => 0 });
  const answers = [cache.find(id), cache.find(id), cache.find(id)];
  expect(asked.length).toBe(1);
  asked[0]!.resolve({ kind: 'found', endpoint: endpoint() });
  for (const answer of answers) expect((await answer).generation).toBe(1);
  await cache.find(id);
  expect(asked.length).toBe(1);
  expect(cache.peek(id)?.generation).toBe(1);
});

test('absent and deleted are remembered for a second, not-known-yet never', async () => {
  let now = 0;
  const { directory, asked } = heldDirectory();
  const cache = new TenantCache({ directory, now: () => now });
  const answer = async (kind: 'absent' | 'deleted' | 'not-known-yet') => {
    const found = cache.find(id);
    asked.at(-1)!.resolve({ kind });
    await expect(found).rejects.toMatchObject({
      code: {
        absent: 'ENDPOINT_UNKNOWN',
        deleted: 'TENANT_DELETED',
        'not-known-yet': 'ENDPOINT_NOT_KNOWN_YET',
      }[kind],
    });
  };
  await answer('not-known-yet');
  await answer('absent');
  await expect(cache.find(id)).rejects.toMatchObject({ code: 'ENDPOINT_UNKNOWN' });
  expect(asked.length).toBe(2);
  now = 1_000;
  await answer('deleted');
  await expect(cache.find(id)).rejects.toMatchObject({ code: 'TENANT_DELETED' });
  expect(asked.length).toBe(3);
});

test('a change is read at once and told, an answer from before it is not kept', async () => {
  const { directory, asked, change } = heldDirectory();
  const cache = new TenantCache({ directory, now: () => 0 });
  const changes: EndpointChange[] = [];
  cache.onChange((told) => changes.push(told));
  const first = cache.find(id);
  asked[0]!.resolve({ kind: 'found', endpoint: endpoint(1) });
  await first;
  change(id);
  const slow = asked[1]!;
  change(id);
  asked[2]!.resolve({ kind: 'found', endpoint: endpoint(3) });
  await turn();
  slow.resolve({ kind: 'found', endpoint: endpoint(2) });
  await turn();
  expect(cache.peek(id)?.generation).toBe(3);
  expect(changes.map((told) => told.kind === 'changed' && told.endpoint.generation)).toEqual([3]);
  change(id);
  asked[3]!.resolve({ kind: 'deleted' });
  await turn();
  expect(changes.at(-1)).toEqual({ kind: 'deleted', endpointId: id });
  expect(cache.peek(id)).toBe(null);
});

test('while shared state is away what is known serves, and what is not is 57P03', async () => {
  const { directory, asked, change } = heldDirectory();
  const cache = new TenantCache({ directory, now: () => 0 });
  const first = cache.find(id);
  asked[0]!.resolve({ kind: 'found', endpoint: endpoint(1) });
  await first;
  change(null);
  asked[1]!.reject(new FleetUnavailableError('away'));
  await turn();
  // At once: a login does not wait again for somebody who has just not answered.
  expect((await cache.find(id)).generation).toBe(1);
  expect(asked.length).toBe(2);
  change(null);
  const emptied = cache.find(id);
  asked[2]!.resolve({ kind: 'not-known-yet' });
  expect((await emptied).generation).toBe(1);
  const stranger = cache.find('ep-bold-stone-x9y8z7');
  asked[3]!.reject(new FleetUnavailableError('away'));
  await expect(stranger).rejects.toMatchObject({ code: 'SHARED_STATE_AWAY', sqlstate: '57P03' });
});

test.each([
  ['was not answered', (asked: Question) => asked.reject(new FleetUnavailableError('no answer'))],
  [
    'was answered from memory',
    (asked: Question) => asked.resolve({ kind: 'found', endpoint: endpoint(1), remembered: true }),
  ],
])('a deletion is told although the first question about it %s', async (_, answer) => {
  // An idle client was never told that its tenant was gone, since one question to a slow Redis timed out.
  const { directory, asked, change } = heldDirectory();
  const cache = new TenantCache({ directory, now: () => 0 });
  const changes: EndpointChange[] = [];
  cache.onChange((told) => changes.push(told));
  const first = cache.find(id);
  asked[0]!.resolve({ kind: 'found', endpoint: endpoint(1) });
  await first;
  change(id);
  answer(asked[1]!);
  await vi.waitFor(() => expect(asked.length).toBe(3), 10_000);
  asked[2]!.resolve({ kind: 'deleted' });
  await turn();
  expect(changes).toEqual([{ kind: 'deleted', endpointId: id }]);
  cache.close();
});

test('a change whose news was lost is seen all the same', async () => {
  const { directory, asked } = heldDirectory();
  const cache = new TenantCache({ directory, now: () => 0 });
  const changes: EndpointChange[] = [];
  cache.onChange((told) => changes.push(told));
  const first = cache.find(id);
  asked[0]!.resolve({ kind: 'found', endpoint: endpoint(1) });
  await first;
  await vi.waitFor(() => expect(asked.length).toBe(2), 10_000);
  asked[1]!.resolve({ kind: 'deleted' });
  await turn();
  expect(changes).toEqual([{ kind: 'deleted', endpointId: id }]);
  cache.close();
});

test('after a reconnect every endpoint in use is read again, and only real changes are told', async () => {
  const fleet = createMemoryFleet();
  await fleet.publisher.publish(endpoint(1), 1);
  const cache = new TenantCache({ directory: fleet.directory, now: () => 0 });
  const changes: EndpointChange[] = [];
  cache.onChange((told) => changes.push(told));
  await cache.find(id);
  // markComplete tells all listeners to look again.
  await fleet.publisher.markComplete(1);
  await turn();
  expect(changes).toEqual([]);
  await fleet.publisher.publish(endpoint(2, { status: 'suspended' }), 1);
  await turn();
  expect(changes).toMatchObject([
    { kind: 'changed', endpoint: { status: 'suspended' }, previous: { generation: 1 } },
  ]);
  await fleet.publisher.retire(id, 3, 1);
  await turn();
  await expect(cache.find(id)).rejects.toMatchObject({ code: 'TENANT_DELETED' });
  cache.close();
  await fleet.close();
});
