// What the native transport does when the system refuses: accept errors that pass and that last, an end towards nobody.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { acceptedPair, record } from './fixtures/loopback.ts';
import { skippedBecause, whyNotNative } from './fixtures/native-built.ts';
import { addonFolder } from './native-addon.ts';
import { type NativeLoop, nativeLoop } from './native-loop.ts';
import { NativeListener } from './native-sockets.ts';
import { chooseTransport } from './transport-choice.ts';

const why = whyNotNative();
const { buildNativeTransport } = (await import(new URL('../native/build.mjs', import.meta.url).href)) as {
  buildNativeTransport(options: { dist: string; force?: boolean }): {
    file?: string;
    built?: boolean;
    why?: string;
  };
};

/** A listener whose `accept` is answered by `statuses` in turn, then that nobody waits; all else is real. */
function listenerTold(statuses: number[], onAcceptError: (error: Error) => void) {
  const real = nativeLoop();
  const accept = vi.fn(() => statuses.shift() ?? -11);
  const loop: NativeLoop = Object.assign(Object.create(real), {
    sockets: { ...real.sockets, accept },
  });
  const options = { host: '127.0.0.1', port: 0, backlog: 8, keepAliveDelayMs: 60_000, onAcceptError };
  return { listener: new NativeListener(loop, options, () => {}), loop, accept };
}

// The name of what is skipped tells why.
describe.skipIf(why !== null)(`refusals of native sockets${skippedBecause(why)}`, () => {
  beforeAll(() => {
    chooseTransport('native');
  });

  test.each([
    ['ENOSPC', -28],
    ['EPERM', -1],
    ['EINVAL', -22],
    ['EMFILE', -24],
  ])('%s from accept lasts: it is told once, and asked again only after a rest', async (code, status) => {
    const told = vi.fn();
    const { listener, accept } = listenerTold([status, status], told);
    listener.happened();
    expect(accept).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(accept).toHaveBeenCalledTimes(3), { timeout: 60_000 });
    expect(told.mock.calls.map(([error]) => error.code)).toEqual([code]);
    await listener.close();
  });

  test.each([
    ['goes on, as somebody waits again in the very next round, and is not told again', 1, 1],
    ['was over, as nobody was left waiting, and is told again', 7, 2],
  ])('trouble that comes after one was taken %s', async (_what, roundsLater, times) => {
    const told = vi.fn();
    const { listener, loop, accept } = listenerTold([-24, -103, -24], told);
    loop.rounds = 1;
    listener.happened();
    await vi.waitFor(() => expect(accept).toHaveBeenCalledTimes(2), { timeout: 60_000 });
    loop.rounds += roundsLater;
    listener.happened();
    expect(accept).toHaveBeenCalledTimes(3);
    expect(told).toHaveBeenCalledTimes(times);
    await listener.close();
  });

  test('an accept error of one connection is passed over', async () => {
    const told = vi.fn();
    const { listener, accept } = listenerTold([-103, -71, -113], told);
    for (let i = 0; i < 4; i++) listener.happened();
    expect(accept).toHaveBeenCalledTimes(4);
    expect(told).not.toHaveBeenCalled();
    await listener.close();
  });

  test('as long as somebody waits in each round more are taken in one, up to a limit, and one after a pause', async () => {
    const { listener, loop, accept } = listenerTold(Array<number>(400).fill(-103), () => {});
    const taken: number[] = [];
    for (let round = 1; round <= 10; round++) {
      loop.rounds = round === 10 ? 20 : round;
      accept.mockClear();
      listener.happened();
      taken.push(accept.mock.calls.length);
    }
    expect(taken).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64, 1]);
    await listener.close();
  });

  test('a listener at rest is told of nobody, and of who waits afterwards', async () => {
    const arrived: number[] = [];
    let status = -24;
    const real = nativeLoop();
    const loop: NativeLoop = Object.assign(Object.create(real), {
      sockets: { ...real.sockets, accept: (fd: number) => (status < 0 ? status : real.sockets.accept(fd)) },
    });
    const rests = vi.spyOn(loop.sockets, 'rest');
    const options = { host: '127.0.0.1', port: 0, backlog: 8, keepAliveDelayMs: 60_000 };
    const listener = new NativeListener(loop, options, (connection) => {
      arrived.push(connection.remotePort);
      connection.destroy();
    });
    const happened = vi.spyOn(listener, 'happened');
    const peer = connect(listener.port, '127.0.0.1').on('error', () => {});
    await once(peer, 'connect');
    const { localPort } = peer;
    await vi.waitFor(() => expect(rests).toHaveBeenCalledWith(expect.anything(), true), { timeout: 60_000 });
    const before = happened.mock.calls.length;
    // Told of all the while, it would have been asked hundreds of times by the second rest.
    await vi.waitFor(() => expect(rests.mock.calls.length).toBeGreaterThanOrEqual(3), { timeout: 60_000 });
    expect(happened.mock.calls.length - before).toBeLessThan(10);
    status = 0;
    await vi.waitFor(() => expect(arrived).toEqual([localPort]), { timeout: 60_000 });
    peer.destroy();
    await listener.close();
  });

  test('an end towards a peer that has just reset is no failure of its own', async () => {
    const { ours, peer } = await acceptedPair();
    peer.resetAndDestroy();
    await new Promise((resolve) => peer.once('close', resolve));
    ours.end();
    const heard = record(ours);
    await heard.heard('close');
    expect(heard.error?.message ?? '').not.toMatch(/shutdown/);
  });

  test('a build that cannot be done says why and leaves what was there', () => {
    const dist = mkdtempSync(join(tmpdir(), 'weir-native-'));
    const file = join(dist, `native-sockets-${process.version}-${process.platform}-${process.arch}.node`);
    writeFileSync(file, 'the one before');
    const fails = (compiler: string): string => {
      vi.stubEnv('CC', compiler);
      return buildNativeTransport({ dist, force: true }).why ?? '';
    };
    expect(fails('/nonexistent/cc')).toMatch(/no C compiler/);
    expect(fails('/dev/null')).toMatch(/could not be run: .*EACCES/);
    expect(fails('false')).toMatch(/false failed/);
    expect(readFileSync(file, 'utf8')).toBe('the one before');
    vi.stubEnv('CC', 'env cc');
    vi.stubEnv('CFLAGS', ' -O0  -g ');
    expect(buildNativeTransport({ dist })).toEqual({ file, built: true });
    expect(buildNativeTransport({ dist })).toEqual({ file, built: false });
    expect(buildNativeTransport({ dist: join(file, 'no folder') })).toHaveProperty('why');
    vi.unstubAllEnvs();
    rmSync(dist, { recursive: true });
  });
});

test('the addon is looked for beside a bundle only, and in dist/ only by its own source', () => {
  expect(addonFolder(pathToFileURL('/srv/weir/dist/pooler.mjs').href)).toBe('/srv/weir/dist');
  expect(addonFolder(pathToFileURL('/srv/weir/packages/net/src/native-addon.ts').href)).toBe(
    '/srv/weir/dist',
  );
});
