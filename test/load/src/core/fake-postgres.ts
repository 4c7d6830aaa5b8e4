// A Postgres on a loopback port that lets everybody in and answers as CannedServer does.
import { createServer, type Socket } from 'node:net';
import {
  authenticationOk,
  backendKeyData,
  joinBytes,
  parameterStatus,
  readInt32,
  readyForQuery,
} from '@weir/protocol';
import { CannedServer } from './canned-server.ts';

export const fakeParameters: ReadonlyMap<string, string> = new Map([
  ['application_name', 'shop'],
  ['client_encoding', 'UTF8'],
  ['server_version', '18.4'],
  ['standard_conforming_strings', 'on'],
]);

const greeting = joinBytes([
  authenticationOk(),
  ...[...fakeParameters].map(([name, value]) => parameterStatus(name, value)),
  backendKeyData(1, Uint8Array.of(1, 2, 3, 4)),
  readyForQuery('I'),
]);

export interface FakePostgres {
  readonly port: number;
  close(): void;
}

export async function startFakePostgres(): Promise<FakePostgres> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const canned = new CannedServer();
    let greeted = false;
    let held: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      if (!greeted) {
        if (held.length < 4 || held.length < readInt32(held, 0)) return;
        held = held.subarray(readInt32(held, 0));
        greeted = true;
        socket.write(greeting);
      }
      held = held.subarray(canned.answer(held, held.length));
      if (canned.length === 0) return;
      socket.write(Buffer.from(canned.replies.subarray(0, canned.length)));
      canned.length = 0;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
