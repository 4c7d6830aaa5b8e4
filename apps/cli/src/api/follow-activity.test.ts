// Endpoints are followed by events for as long as there are some, and by asking wherever there are none.
import type { EndpointActivityReply } from '@weir/api-contract';
import { afterEach, expect, test } from 'vitest';
import { CommandError, exitCodes } from '../command.ts';
import { ActivityFollower, type ActivitySource, isForGood } from './follow-activity.ts';

type Hear = (reply: EndpointActivityReply) => void;

const times = { silentMs: 200, pauseMs: 20 };
let follower: ActivityFollower;
afterEach(() => follower.close());

const reply = (endpointId: string, at: string) => ({ endpointId, at }) as EndpointActivityReply;
const away = new CommandError('the API does not answer', { exitCode: exitCodes.unreachable });

/** A stream that is open until it is given up. */
const open = (signal: AbortSignal) =>
  new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

function follow(source: Partial<ActivitySource>, ids: readonly string[] = ['ep-a']): Promise<void> {
  const nothing = () => Promise.reject(away);
  follower = new ActivityFollower({ watch: nothing, ask: nothing, ...source }, times);
  return follower.follow(ids);
}
const heard = () => follower.latest().map(({ endpointId, at }) => `${endpointId} ${at}`);

test('what a stream says is known at once, and nothing is asked besides', async () => {
  let asked = 0;
  let say: Hear = () => {};
  await follow({
    watch(id, signal, hear) {
      say = hear;
      hear(reply(id, 'one'));
      return open(signal);
    },
    ask: async (id) => (asked++, reply(id, 'asked')),
  });
  expect(heard()).toEqual(['ep-a one']);
  say(reply('ep-a', 'two'));
  expect(heard()).toEqual(['ep-a two']);
  expect(asked).toBe(0);
});

test('a stream that ends in order is asked for again at once', async () => {
  let streams = 0;
  let asked = 0;
  await follow({
    async watch(id, signal, hear) {
      hear(reply(id, `stream ${++streams}`));
      // As long as a stream of a minute is, beside the pause.
      if (streams < 3) await new Promise((done) => setTimeout(done, 2 * times.pauseMs));
      else await open(signal);
    },
    ask: async (id) => (asked++, reply(id, 'asked')),
  });
  await expect.poll(heard).toEqual(['ep-a stream 3']);
  expect(asked).toBe(0);
});

test('where no stream is to be had it is asked, until there is one', async () => {
  let streams = 0;
  let asked = 0;
  await follow({
    async watch(id, signal, hear) {
      if (++streams < 4) throw new CommandError('too many streams', { exitCode: exitCodes.refused });
      hear(reply(id, 'streamed'));
      await open(signal);
    },
    ask: async (id) => reply(id, `asked ${++asked}`),
  });
  expect(heard()).toEqual(['ep-a asked 1']);
  await expect.poll(heard).toEqual(['ep-a streamed']);
  expect(asked).toBe(3);
});

test('a stream through which nothing comes is given up, as one that ends as soon as it began is', async () => {
  let asked = 0;
  await follow({
    watch: (_id, signal) => open(signal),
    ask: async (id) => reply(id, `asked ${++asked}`),
  });
  await expect.poll(() => asked, { timeout: 5_000 }).toBeGreaterThan(1);
  follower.close();
  let streams = 0;
  asked = 0;
  await follow({
    watch: async (id, _signal, hear) => (streams++, hear(reply(id, 'and nothing more'))),
    ask: async (id) => reply(id, `asked ${++asked}`),
  });
  await expect.poll(() => asked, { timeout: 5_000 }).toBeGreaterThan(1);
  expect(streams).toBeLessThanOrEqual(asked + 1);
});

test('an API that goes away leaves what was heard last and says so, and is heard again when it is back', async () => {
  let isThere = true;
  let cut: (why: Error) => void = () => {};
  await follow({
    async watch(id, signal, hear) {
      if (!isThere) throw away;
      hear(reply(id, 'there'));
      await Promise.race([open(signal), new Promise<never>((_resolve, reject) => (cut = reject))]);
    },
  });
  isThere = false;
  cut(new Error('terminated'));
  await expect.poll(() => follower.troubles().get('ep-a')).toBe(away);
  expect(heard()).toEqual(['ep-a there']);
  isThere = true;
  await expect.poll(() => follower.troubles().size).toBe(0);
});

test('endpoints that are no longer wanted are given up, and new ones are known when follow resolves', async () => {
  const opened = new Set<string>();
  const source: Partial<ActivitySource> = {
    async watch(id, signal, hear) {
      opened.add(id);
      hear(reply(id, 'now'));
      await open(signal).finally(() => opened.delete(id));
    },
  };
  await follow(source, ['ep-a', 'ep-b']);
  expect(heard()).toEqual(['ep-a now', 'ep-b now']);
  await follower.follow(['ep-b', 'ep-c']);
  expect(heard()).toEqual(['ep-b now', 'ep-c now']);
  await expect.poll(() => [...opened].sort()).toEqual(['ep-b', 'ep-c']);
});

test('a key that is none and an endpoint that is gone do not come back by themselves; an API that is away does', () => {
  const withCode = (exitCode: number) => new CommandError('it failed', { exitCode });
  expect(isForGood(withCode(exitCodes.unauthorized))).toBe(true);
  expect(isForGood(withCode(exitCodes.notFound))).toBe(true);
  expect(isForGood(away)).toBe(false);
});
