// Listeners: names of what went wrong, what close leaves alone, and that short connections leave nothing behind.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { expect, test, vi } from 'vitest';
import { dial } from './dial.ts';
import { DialError, ListenError } from './errors.ts';
import { listening, listenOnLoopback, record } from './fixtures/loopback.ts';
import { listen } from './listener.ts';

vi.setConfig({ testTimeout: 120_000 });

test('a taken port is named with its address and reason', async () => {
  const first = await listen({ host: '127.0.0.1', port: 0 }, () => {});
  const error = await listen({ host: '127.0.0.1', port: first.port }, () => {}).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ListenError);
  expect(error).toMatchObject({
    address: '127.0.0.1',
    port: first.port,
    reason: 'in-use',
    code: 'EADDRINUSE',
  });
  expect(error.message).toContain(`127.0.0.1:${first.port}`);
  await first.close();
});

test('an address that this machine does not have is named', async () => {
  const error = await listen({ host: '192.0.2.1', port: 0 }, () => {}).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ListenError);
  expect(error.reason).toBe('no-such-address');
});

test('IPv6 and IPv4 listeners take the same port side by side', async () => {
  const four = await listen({ host: '127.0.0.1', port: 0 }, () => {});
  const six = await listen({ host: '::1', port: four.port }, (connection) => {
    record(connection);
    connection.write(Buffer.from(connection.remoteAddress));
    connection.end();
  });
  const connection = await dial({ address: '::1', port: six.port, timeoutMs: 60_000 });
  const heard = record(connection);
  await heard.heard('end');
  expect(heard.text).toBe('::1');
  connection.destroy();
  await Promise.all([four.close(), six.close()]);
});

test('close stops accepting at once and leaves open connections alone', async () => {
  const { listener, accepted } = await listenOnLoopback();
  const near = await dial({ address: '127.0.0.1', port: listener.port, timeoutMs: 60_000 });
  const far = await accepted();
  await listener.close();
  await listener.close();
  const refused = await dial({ address: '127.0.0.1', port: listener.port, timeoutMs: 60_000 }).catch(
    (e) => e,
  );
  expect(refused).toBeInstanceOf(DialError);
  expect(refused.reason).toBe('refused');
  const heard = record(far);
  near.write(Buffer.from('alive'));
  await heard.until(() => heard.text === 'alive');
  near.destroy();
  far.destroy();
});

test('an exception while accepting ends that connection and no other', async () => {
  let count = 0;
  const listener = await listen({ host: '127.0.0.1', port: 0 }, (connection) => {
    if (++count === 1) throw new Error('not this one');
    connection.write(Buffer.from('welcome'));
    connection.end();
  });
  const first = record(await dial({ address: '127.0.0.1', port: listener.port, timeoutMs: 60_000 }));
  const second = record(await dial({ address: '127.0.0.1', port: listener.port, timeoutMs: 60_000 }));
  await Promise.race([first.heard('end'), first.heard('close')]);
  await second.heard('end');
  expect(first.bytes).toBe(0);
  expect(second.text).toBe('welcome');
  await listener.close();
});

test('a dial to a port where nobody listens is refused', async () => {
  const server = createServer();
  const port = await listening(server);
  server.close();
  const error = await dial({ address: '127.0.0.1', port, timeoutMs: 60_000 }).catch((thrown) => thrown);
  expect(error).toMatchObject({ name: 'DialError', reason: 'refused', address: '127.0.0.1', port });
});

test('a dial that nobody answers ends at its deadline', async () => {
  // A listener that never accepts: once its backlog is full, the kernel leaves further connects without an answer.
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true },
  );
  const [port] = await once(worker, 'message');
  const dials = await Promise.allSettled(
    // Bun's backlog is 512, whatever it is told.
    Array.from({ length: 'Bun' in globalThis ? 520 : 6 }, () =>
      dial({ address: '127.0.0.1', port, timeoutMs: 300 }),
    ),
  );
  const reasons = dials.flatMap((dialled) => (dialled.status === 'rejected' ? [dialled.reason.reason] : []));
  for (const dialled of dials) if (dialled.status === 'fulfilled') dialled.value.destroy();
  expect(new Set(reasons)).toEqual(new Set(['timeout']));
  await worker.terminate();
});

test('2000 short connections leave no handle behind', { timeout: 240_000 }, async () => {
  const sockets = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  const before = sockets();
  const listener = await listen({ host: '127.0.0.1', port: 0 }, (connection) => {
    const heard = record(connection);
    heard.onData = (bytes, length) => connection.write(bytes.subarray(0, length));
    heard.onEnd = () => connection.end();
  });
  for (let batch = 0; batch < 40; batch++) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const connection = await dial({ address: '127.0.0.1', port: listener.port, timeoutMs: 60_000 });
        const heard = record(connection);
        connection.write(Buffer.from('echo'));
        await heard.until(() => heard.text === 'echo');
        connection.end();
        await heard.heard('close');
        expect(heard.error).toBe(null);
      }),
    );
  }
  await listener.close();
  await expect.poll(sockets, { timeout: 60_000 }).toBe(before);
});
