// Sockets that are handed down: who waits in the queue of one is served, whoever of its processes ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ListenError } from './errors.ts';
import { fixturePath } from './fixtures/loopback.ts';
import { type ListeningSocket, openListeningSocket } from './listening-socket.ts';

const transport = process.env.WEIR_TRANSPORT === 'native' ? 'native' : 'node';
const waitingCount = 200;
const onBun = 'Bun' in globalThis;

const children: ChildProcess[] = [];
const sockets: { close(): void }[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const socket of sockets.splice(0)) socket.close();
});

async function bound(): Promise<ListeningSocket> {
  const socket = await openListeningSocket({ host: '127.0.0.1', port: 0 });
  sockets.push(socket);
  return socket;
}

/** Starts a process of `standing-listener.mjs`; resolves with its port once it listens and stands still. */
async function standing(args: string[], fd?: number): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [fixturePath('standing-listener.mjs'), transport, ...args], {
    stdio: ['pipe', 'pipe', 'inherit', ...(fd === undefined ? [] : [fd])],
  });
  children.push(child);
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, port: Number(line.toString()) };
}

/** What one client got in the end. */
function clientOf(port: number): { socket: Socket; got: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  const got = new Promise<string>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => resolve(text));
  });
  return { socket, got };
}

async function clientsOf(port: number): Promise<Promise<string>[]> {
  const clients = Array.from({ length: waitingCount }, () => clientOf(port));
  await Promise.all(clients.map(({ socket }) => once(socket, 'connect')));
  return clients.map(({ got }) => got);
}

const allServed = Array<string>(waitingCount).fill('served');

// Bun takes no inherited sockets.
describe.skipIf(onBun)('listening sockets that are handed down', { timeout: 120_000 }, () => {
  test('clients in the queue of a process that is killed are served by the next one', async () => {
    const socket = await bound();
    const first = await standing(['inherited'], socket.fd);
    expect(first.port).toBe(socket.port);
    const got = await clientsOf(socket.port);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const second = await standing(['inherited'], socket.fd);
    second.child.stdin!.write('!');
    expect(await Promise.all(got)).toEqual(allServed);
  });

  test('a listener that is closed serves those who wait in its queue', async () => {
    const { child, port } = await standing(['own', 'close']);
    const got = await clientsOf(port);
    child.stdin!.write('!');
    expect(await Promise.all(got)).toEqual(allServed);
    // Whoever comes while the queue is emptied is served too.
    let after = await clientOf(port).got;
    while (after === 'served') after = await clientOf(port).got;
    expect(after).toBe('ECONNREFUSED');
  });

  test('a bound socket refuses clients until a process listens on it', async () => {
    const socket = await bound();
    expect(await clientOf(socket.port).got).toBe('ECONNREFUSED');
    const { child } = await standing(['inherited'], socket.fd);
    child.stdin!.write('!');
    expect(await clientOf(socket.port).got).toBe('served');
  });

  test('a taken port is named', async () => {
    const first = await standing(['inherited'], (await bound()).fd);
    const taken = await openListeningSocket({ host: '127.0.0.1', port: first.port }).catch(
      (thrown) => thrown,
    );
    expect(taken).toBeInstanceOf(ListenError);
    expect(taken).toMatchObject({ port: first.port, reason: 'in-use' });
  });
});
