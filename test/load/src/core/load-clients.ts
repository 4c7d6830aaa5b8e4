// Clients on loopback that log in to a pooler and run a number of transactions, each waiting for its answer.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import {
  encodeStartupMessage,
  readInt32,
  ServerMessage,
  saslInitialResponse,
  saslResponse,
  terminate,
} from '@weir/protocol';
import { ClientExchange, encodeNonce, scramMechanism } from '@weir/scram';
import type { Traffic } from './traffic.ts';

export interface LoadTarget {
  readonly port: number;
  /** With the endpoint in it. */
  readonly user: string;
  readonly password: string;
}

/** Runs `transactions` over `clients` connections; rejects when one of them gets an error or is closed. */
export async function runLoad(
  target: LoadTarget,
  traffic: Traffic,
  clients: number,
  transactions: number,
): Promise<void> {
  const share = Math.ceil(transactions / clients);
  const running: LoadClient[] = [];
  for (let i = 0; i < clients; i++) running.push(new LoadClient(target));
  await Promise.all(running.map((client) => client.ready()));
  for (const request of traffic.before) await Promise.all(running.map((client) => client.send(request)));
  await Promise.all(
    running.map(async (client, index) => {
      const count = Math.max(0, Math.min(share, transactions - index * share));
      for (let i = 0; i < count; i++) for (const request of traffic.requests) await client.send(request);
    }),
  );
  await Promise.all(running.map((client) => client.end()));
}

class LoadClient {
  private readonly socket: Socket;
  private readonly exchange: ClientExchange;
  private held: Buffer = Buffer.alloc(0);
  private answered: (() => void) | null = null;
  private failed: ((error: Error) => void) | null = null;
  private ending = false;

  constructor({ port, user, password }: LoadTarget) {
    this.exchange = new ClientExchange({
      credentials: { password },
      nonce: encodeNonce(randomBytes(18)),
    });
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.write(
      encodeStartupMessage([
        ['user', user],
        ['database', 'shop'],
        ['application_name', 'shop'],
      ]),
    );
    this.socket.on('data', (chunk) => {
      this.held = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
      this.frames();
    });
    this.socket.on('error', (error) => this.failed?.(error));
    this.socket.on('close', () => {
      if (this.ending) this.answered?.();
      else this.failed?.(new Error('a client was closed'));
    });
  }

  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.answered = resolve;
      this.failed = reject;
    });
  }

  send(request: Uint8Array): Promise<void> {
    const answered = this.ready();
    this.socket.write(request);
    return answered;
  }

  end(): Promise<void> {
    this.ending = true;
    const closed = this.ready();
    this.socket.end(terminate());
    return closed;
  }

  private frames(): void {
    let at = 0;
    while (this.held.length - at >= 5) {
      const end = at + 1 + readInt32(this.held, at + 1);
      if (end > this.held.length) break;
      this.frame(this.held[at]!, this.held.subarray(at + 5, end));
      at = end;
    }
    this.held = this.held.subarray(at);
  }

  private frame(type: number, body: Buffer): void {
    if (type === ServerMessage.ReadyForQuery) return this.answered?.();
    if (type === ServerMessage.ErrorResponse) {
      this.failed?.(new Error(body.toString('utf8').replaceAll('\0', ' ')));
      return;
    }
    if (type !== ServerMessage.Authentication) return;
    const text = body.subarray(4).toString('utf8');
    const step = readInt32(body, 0);
    if (step === 10) this.socket.write(saslInitialResponse(scramMechanism, this.exchange.first()));
    else if (step === 11) this.socket.write(saslResponse(this.exchange.next(text)));
  }
}
