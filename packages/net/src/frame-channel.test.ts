// Reading message by message: cut at every offset, within limits and deadlines, and handed on without losing a byte.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { ChannelClosedError, ChannelDeadlineError, ChannelLimitError } from './errors.ts';
import { acceptedPair, record } from './fixtures/loopback.ts';
import { FrameChannel } from './frame-channel.ts';

vi.setConfig({ testTimeout: 120_000 });

/** For conditions that a busy machine may take long to meet. */
const patiently = { timeout: 60_000 };

const startup = Buffer.from('0000000c0003000061626300', 'hex');
const frame = Buffer.concat([Buffer.from('p'), Buffer.from('00000009', 'hex'), Buffer.from('hello')]);

async function open(): Promise<{ channel: FrameChannel; peer: Socket }> {
  const { ours, peer } = await acceptedPair();
  return { channel: new FrameChannel(ours), peer };
}

test('a startup packet and a frame are read whole, wherever the stream is cut', async () => {
  const bytes = Buffer.concat([startup, frame]);
  for (let cut = 1; cut < bytes.length; cut++) {
    const { channel, peer } = await open();
    peer.write(bytes.subarray(0, cut));
    const packet = channel.readStartupPacket(100);
    // The rest follows only once the first part has come.
    await expect.poll(() => channel.bufferedBytes > 0 || cut >= startup.length, patiently).toBe(true);
    peer.write(bytes.subarray(cut));
    expect(Buffer.from(await packet)).toEqual(startup.subarray(4));
    expect(await channel.peekByte()).toBe(0x70);
    const { type, body } = await channel.readFrame(100);
    expect([type, Buffer.from(body).toString()]).toEqual([0x70, 'hello']);
    channel.fail(new Error('done'));
    peer.destroy();
  }
});

test('a length below its own size or above the limit is refused before any memory is given', async () => {
  for (const length of [0, 3, 4, 7, 105, 0x7fffffff, 0xffffffff, 0x80000000]) {
    const { channel, peer } = await open();
    const header = Buffer.alloc(4);
    header.writeUInt32BE(length);
    peer.write(header);
    await expect(channel.readStartupPacket(100)).rejects.toBeInstanceOf(ChannelLimitError);
    channel.fail(new Error('done'));
    peer.destroy();
  }
  for (const length of [0, 3, 105, 0xffffffff]) {
    const { channel, peer } = await open();
    const header = Buffer.from('Q....');
    header.writeUInt32BE(length, 1);
    peer.write(header);
    await expect(channel.readFrame(100)).rejects.toBeInstanceOf(ChannelLimitError);
    channel.fail(new Error('done'));
    peer.destroy();
  }
});

test('the end of the stream is told after what came before it', async () => {
  const { channel, peer } = await open();
  peer.end(frame);
  await new Promise<void>((resolve) => channel.whenClosed(() => resolve()));
  expect(channel.closed).toBe(true);
  expect(Buffer.from((await channel.readFrame(10)).body).toString()).toBe('hello');
  await expect(channel.read(1)).rejects.toBeInstanceOf(ChannelClosedError);
  expect(() => channel.detach()).toThrow(ChannelClosedError);
  channel.fail(new Error('done'));
});

test('a reset while a read waits is told with its cause', async () => {
  const { channel, peer } = await open();
  const read = channel.read(1);
  peer.resetAndDestroy();
  await expect(read).rejects.toMatchObject({ name: 'ChannelClosedError', cause: { code: 'ECONNRESET' } });
});

test('a deadline ends the read that waits, and can be taken back before', async () => {
  const { channel, peer } = await open();
  channel.setDeadline(20);
  await expect(channel.read(1)).rejects.toBeInstanceOf(ChannelDeadlineError);
  await expect(channel.read(1)).rejects.toBeInstanceOf(ChannelDeadlineError);
  await expect(channel.read(1, 10)).rejects.toBeInstanceOf(ChannelDeadlineError);
  channel.setDeadline(null);
  peer.write('x');
  expect(await channel.read(1)).toEqual(Uint8Array.of(0x78));
  channel.fail(new Error('done'));
  peer.destroy();
});

test('detach gives back what was read ahead, and leaves the connection paused for its next handler', async () => {
  const { channel, peer } = await open();
  peer.write(Buffer.concat([frame, Buffer.from('rest')]));
  await channel.readFrame(100);
  await expect.poll(() => channel.bufferedBytes, patiently).toBe(4);
  const rest = channel.detach();
  expect(Buffer.from(rest).toString()).toBe('rest');
  peer.write('later');
  const heard = record(channel.connection);
  await heard.until(() => heard.text === 'later');
  channel.connection.destroy();
  peer.destroy();
});

test('a peer that floods an idle channel is held back, and all of it can still be read', async () => {
  const { channel, peer } = await open();
  const size = 8_000_000;
  peer.write(Buffer.alloc(size, 9));
  await expect.poll(() => channel.bufferedBytes, patiently).toBeGreaterThan(64 * 1024);
  expect(channel.bufferedBytes).toBeLessThan(256 * 1024);
  expect(Buffer.alloc(size, 9).equals(await channel.read(size))).toBe(true);
  channel.fail(new Error('done'));
  peer.destroy();
});

test('fail rejects the read that waits with the error given, and drops the connection', async () => {
  const { channel, peer } = await open();
  const read = channel.read(1);
  const reason = new Error('not welcome');
  channel.fail(reason);
  await expect(read).rejects.toBe(reason);
  await once(peer.resume(), 'end');
  peer.destroy();
});
