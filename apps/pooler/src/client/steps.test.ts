// Stages as generators: they go on at once where they can, and errors come out where they were waited for.
import { FrameChannel, idleHandler } from '@weir/net';
import { expect, test } from 'vitest';
import { follow, outcomeOf, peekByte, readFrame, readStartupPacket, type Steps, settled } from './steps.ts';

/** A channel over a connection that is only a handler. */
function channelOf() {
  const connection = {
    handler: idleHandler,
    remoteAddress: '127.0.0.1',
    remotePort: 1,
    tls: null,
    unsentBytes: 0,
    write: () => true,
    pause() {},
    resume() {},
    end() {},
    leave() {},
    destroy() {},
  };
  const channel = new FrameChannel(connection);
  const say = (...bytes: number[]) => connection.handler.onData(Uint8Array.from(bytes), bytes.length);
  return { channel, connection, say };
}

test('a stage goes on in the very call that brings its bytes, piece by piece', () => {
  const { channel, say } = channelOf();
  const seen: unknown[] = [];
  function* stage(): Steps<string> {
    seen.push(yield* peekByte(channel));
    seen.push([...(yield* readStartupPacket(channel, 100))]);
    const { type, body } = yield* readFrame(channel, 100);
    seen.push([type, ...body]);
    return 'done';
  }
  follow(
    stage(),
    (value) => seen.push(value),
    (error) => seen.push(error),
  );
  expect(seen).toEqual([]);
  say(0);
  expect(seen).toEqual([0]);
  say(0, 0, 8, 1, 2, 3);
  expect(seen).toHaveLength(1);
  say(4, 112, 0, 0, 0);
  expect(seen.slice(1)).toEqual([[1, 2, 3, 4]]);
  say(5, 9);
  expect(seen.slice(2)).toEqual([[112, 9], 'done']);
});

test('what a promise came to, and the error that it was rejected with, arrive where it was waited for', async () => {
  function* stage(): Steps<string> {
    const value = yield* settled(Promise.resolve('a value'));
    try {
      yield* settled(Promise.reject(new Error('away')));
    } catch (error) {
      return `${value}, then ${(error as Error).message}`;
    }
    return 'no error';
  }
  expect(await outcomeOf(stage())).toBe('a value, then away');
});

test('a client that leaves while a stage waits for it is an error there, and so is time that has run out', async () => {
  const { channel, connection } = channelOf();
  const left = outcomeOf(readFrame(channel, 100));
  connection.handler.onClose(new Error('reset'));
  await expect(left).rejects.toMatchObject({ name: 'ChannelClosedError' });
  const { channel: slow } = channelOf();
  slow.setDeadline(1);
  await expect(outcomeOf(peekByte(slow))).rejects.toMatchObject({ name: 'ChannelDeadlineError' });
});
