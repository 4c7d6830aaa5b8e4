// Which key stops what, and which requests leave the process.
import { type CancelForwarding, type CancelRequest, createMemoryFleet } from '@weir/fleet';
import { expect, test } from 'vitest';
import { CancelKeys } from './cancel-keys.ts';

const nowhere: CancelForwarding = {
  receive: () => () => {},
  forward: () => Promise.reject(new Error('away')),
};

test.each([0, 2] as const)(
  'a key of protocol 3.%i stops its own client, once for each request',
  async (minor) => {
    const keys = new CancelKeys(nowhere);
    const stopped: string[] = [];
    const first = keys.give(minor, async () => void stopped.push('first'));
    keys.give(minor, async () => void stopped.push('second'));
    expect(await keys.cancel(first)).toBe('here');
    expect(await keys.cancel(first)).toBe('here');
    expect(stopped).toEqual(['first', 'first']);
    expect(first.secretKey.length).toBe(minor === 0 ? 4 : 32);
  },
);

test('a wrong, shortened or lengthened secret stops nothing', async () => {
  const keys = new CancelKeys(createMemoryFleet().cancels);
  const key = keys.give(2, () => Promise.reject(new Error('stopped')));
  const changed = Uint8Array.from(key.secretKey);
  changed[31]! ^= 1;
  const longer = new Uint8Array(33);
  longer.set(key.secretKey);
  for (const secretKey of [changed, key.secretKey.subarray(0, 31), longer, new Uint8Array(4)]) {
    expect(await keys.cancel({ processId: key.processId, secretKey })).toBe('unknown');
  }
});

test('a key of another process is carried out there, and only while that one has it', async () => {
  const { cancels } = createMemoryFleet();
  const [giver, other] = [new CancelKeys(cancels), new CancelKeys(cancels)];
  let stopped = 0;
  const key = giver.give(0, async () => void stopped++);
  expect(await other.cancel(key)).toBe('forwarded');
  expect(stopped).toBe(1);
  giver.take(key);
  expect(await other.cancel(key)).toBe('unknown');
  expect(stopped).toBe(1);
});

test('ids that no process gives leave nothing to forward', async () => {
  const forwarded: CancelRequest[] = [];
  const keys = new CancelKeys({
    receive: () => () => {},
    async forward(_giver, request) {
      forwarded.push(request);
      return 0;
    },
  });
  for (const processId of [0, 1, 2 ** 19 - 1, -1, -(2 ** 31)]) {
    expect(await keys.cancel({ processId, secretKey: new Uint8Array(4) })).toBe('unknown');
  }
  expect(forwarded).toEqual([]);
});

test('keys are positive, and shared state that is away leaves a foreign one undelivered', async () => {
  const keys = new CancelKeys(nowhere);
  for (let i = 0; i < 1_000; i++) {
    const { processId } = keys.give(0, async () => {});
    expect(processId).toBeGreaterThan(0);
    expect(processId).toBeLessThan(2 ** 31);
  }
  expect(await keys.cancel({ processId: 2 ** 31 - 1, secretKey: new Uint8Array(4) })).toBe('undelivered');
});
