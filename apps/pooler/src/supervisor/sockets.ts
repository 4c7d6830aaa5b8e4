// The listening sockets that a supervisor owns: taken over from the one before it, or bound; and handed down.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { openListeningSocket } from '@weir/net';
import type { InheritedSocket, PoolerConfig } from '../config.ts';

/** One of them; the address is what it is bound to. */
export interface OwnedSocket extends InheritedSocket {
  /** Others that hold it keep it alive. */
  close(): void;
}

/** Those that `config` asks for. One that was inherited and is not asked for any more is closed. Rejects with ListenError. */
export async function ownSockets(config: PoolerConfig): Promise<readonly OwnedSocket[]> {
  const wanted = [
    ...config.listen.map((address) => ({ use: 'listen' as const, ...address })),
    ...config.pooledListen.map((address) => ({ use: 'pooled' as const, ...address })),
    ...(config.adminListen === null ? [] : [{ use: 'admin' as const, ...config.adminListen }]),
  ];
  const left = new Set(config.inherited);
  const owned: OwnedSocket[] = [];
  try {
    for (const { use, host, port, ...rules } of wanted) {
      const found = [...left].find((one) => one.use === use && one.host === host && one.port === port);
      if (found !== undefined) {
        left.delete(found);
        owned.push({ use, host, port, ...rules, fd: found.fd, close: () => closeSync(found.fd) });
        continue;
      }
      const socket = await openListeningSocket({ host, port });
      owned.push({ use, host: socket.host, port: socket.port, ...rules, fd: socket.fd, close: socket.close });
    }
  } catch (error) {
    for (const socket of owned) socket.close();
    throw error;
  }
  for (const { fd } of left) closeSync(fd);
  return owned;
}

// Standard input, output and error, and the channel.
const firstSocketFd = 4;

/** Starts the program `file` with a channel to it, and with the sockets, of which its environment tells it. */
export function startWithSockets(
  file: string,
  sockets: readonly InheritedSocket[],
  env: Readonly<Record<string, string | undefined>>,
  options: { readonly detached?: boolean } = {},
): ChildProcess {
  const told = sockets.map((socket, index) => ({ ...socket, fd: firstSocketFd + index }));
  return spawn(process.execPath, [...process.execArgv, file], {
    ...options,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...sockets.map(({ fd }) => fd)],
    env: { ...env, WEIR_INHERITED_SOCKETS: JSON.stringify(told satisfies InheritedSocket[]) },
  });
}
