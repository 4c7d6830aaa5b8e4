// One hostile connection: reaches a phase of a client's life honestly, sends its input, and waits for the end.
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import {
  encodeSslRequest,
  encodeStartupMessage,
  type Frame,
  FrameReader,
  query,
  readInt32,
  ServerMessage,
  saslInitialResponse,
  saslResponse,
} from '@weir/protocol';
import { ClientExchange, encodeNonce, type ScramKeys } from '@weir/scram';
import type { SeededRandom } from '../seeded-random.ts';

/** How far a connection goes before it turns hostile. */
export const phases = [
  'first bytes',
  'after SSLRequest, in clear',
  'in TLS',
  'in direct TLS',
  'asked for a password',
  'asked for a proof',
  'logged in',
  'in a transaction',
] as const;
export type Phase = (typeof phases)[number];

/** How the bytes go out, and how the connection is left. */
export type Pace = 'at once' | 'in pieces' | 'dribbled';
export type Leaving = 'wait' | 'half-close' | 'reset' | 'hang up';

/** Where the attack goes, and whom it may pretend to be. */
export interface Aim {
  readonly port: number;
  readonly role: string;
  readonly password: string;
  readonly database: string;
  /** `ep-…-pooler`. */
  readonly endpointLabel: string;
  readonly serverName: string;
}

/** One connection opened and brought to its phase. */
export class Attacker {
  readonly #aim: Aim;
  readonly #random: SeededRandom;
  readonly #raw: Socket;
  #socket: Socket;
  readonly #closed: Promise<void>;
  #isClosed = false;
  #markClosed!: () => void;

  constructor(aim: Aim, random: SeededRandom) {
    this.#aim = aim;
    this.#random = random;
    this.#raw = connect({ host: '127.0.0.1', port: aim.port });
    this.#socket = this.#raw;
    this.#closed = new Promise((resolve) => {
      this.#markClosed = () => {
        this.#isClosed = true;
        resolve();
      };
    });
    this.#watchEnd(this.#raw);
    // Resets are what this is about.
    this.#raw.on('error', () => {});
  }

  /** Goes to the phase; rejects when the pooler ended the connection before it was reached. */
  async reach(phase: Phase): Promise<void> {
    await once(this.#raw, 'connect');
    if (phase === 'first bytes') return;
    if (phase === 'in direct TLS') {
      await this.#startTls(true);
      return;
    }
    this.#raw.write(encodeSslRequest());
    const answer = await readBytes(this.#raw, 1);
    if (answer[0] !== 0x53) throw new Error(`SSLRequest was answered with ${answer[0]}`);
    if (phase === 'after SSLRequest, in clear') return;
    await this.#startTls(false);
    if (phase === 'in TLS') return;
    await this.#logIn(phase);
  }

  /** Sends the bytes at the given pace. A connection that ends meanwhile is no error. */
  async send(bytes: Uint8Array, pace: Pace): Promise<void> {
    // Replies are thrown away; not reading them is another test's business.
    this.#socket.resume();
    if (pace === 'at once') {
      this.#write(bytes);
      return;
    }
    // Some inputs are megabytes: about a hundred pieces are enough of any.
    const pieceMost = Math.max(400, bytes.length / 50);
    for (let offset = 0; offset < bytes.length && !this.#isClosed; ) {
      const size = pace === 'dribbled' ? 1 : 1 + this.#random.below(pieceMost);
      this.#write(bytes.subarray(offset, offset + size));
      offset += size;
      if (pace === 'dribbled') {
        // Nobody has the time for all of it a byte at a time.
        if (offset >= 20) return;
        await delay(5);
      } else await new Promise((next) => setImmediate(next));
    }
  }

  /** Leaves in the given manner. Resolves with whether the pooler had ended the connection by itself. */
  async leave(leaving: Leaving, waitMs: number): Promise<boolean> {
    // The end of a connection is seen only by who reads.
    this.#socket.resume();
    if (leaving === 'half-close') this.#socket.end();
    if (leaving === 'wait' || leaving === 'half-close') await Promise.race([this.#closed, delay(waitMs)]);
    const endedByPooler = this.#isClosed;
    if (leaving === 'reset') this.#raw.resetAndDestroy();
    else this.#raw.destroy();
    return endedByPooler;
  }

  // Under TLS the raw socket does not always tell of its end, and the end of the reading side is the pooler's doing too.
  #watchEnd(socket: Socket): void {
    socket.once('end', this.#markClosed).once('close', this.#markClosed);
  }

  #write(bytes: Uint8Array): void {
    if (!this.#isClosed && this.#socket.writable) this.#socket.write(bytes);
  }

  async #startTls(direct: boolean): Promise<void> {
    const tls = connectTls({
      socket: this.#raw,
      servername: this.#aim.serverName,
      // Whose certificate it is plays no part here.
      rejectUnauthorized: false,
      ...(direct && { ALPNProtocols: ['postgresql'] }),
    });
    tls.on('error', () => {});
    this.#watchEnd(tls);
    this.#socket = tls;
    await once(tls, 'secureConnect');
  }

  async #logIn(phase: Phase): Promise<void> {
    const { role, database, password, endpointLabel } = this.#aim;
    const frames = new FrameStream(this.#socket);
    this.#socket.write(
      encodeStartupMessage([
        ['user', role],
        ['database', database],
        ['options', `endpoint=${endpointLabel}`],
      ]),
    );
    await frames.expect(ServerMessage.Authentication);
    if (phase === 'asked for a password') return frames.stop();
    const exchange = new ClientExchange({
      credentials: knownKeys.get(role) ?? { password },
      nonce: encodeNonce(crypto.getRandomValues(new Uint8Array(18))),
    });
    this.#socket.write(saslInitialResponse('SCRAM-SHA-256', exchange.first()));
    const serverFirst = authenticationText(await frames.expect(ServerMessage.Authentication));
    if (phase === 'asked for a proof') return frames.stop();
    this.#socket.write(saslResponse(await exchange.nextAsync(serverFirst)));
    // The role's salt stays, so the slow part is done once for all logins.
    if (exchange.keys !== null) knownKeys.set(role, exchange.keys);
    await frames.expect(ServerMessage.ReadyForQuery);
    if (phase === 'in a transaction') {
      this.#socket.write(query('begin'));
      await frames.expect(ServerMessage.ReadyForQuery);
      this.#socket.write(query('select pg_backend_pid()'));
      await frames.expect(ServerMessage.ReadyForQuery);
    }
    frames.stop();
  }
}

const knownKeys = new Map<string, ScramKeys>();

function authenticationText(frame: Frame): string {
  const kind = readInt32(frame.body, 0);
  if (kind !== 11) throw new Error(`AuthenticationSASLContinue was expected, not ${kind}`);
  return new TextDecoder().decode(frame.body.subarray(4));
}

/** The server's frames of one socket, one wait at a time. */
class FrameStream {
  readonly #socket: Socket;
  readonly #reader = new FrameReader(1_000_000);
  readonly #take = (chunk: Uint8Array) => {
    this.#reader.push(chunk);
    this.#wake();
  };
  readonly #end = () => {
    this.#ended = true;
    this.#wake();
  };
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#take).once('end', this.#end).once('close', this.#end);
  }

  /** Skips frames until one of this type; an error frame or the end of the connection rejects. */
  async expect(type: number): Promise<Frame> {
    for (;;) {
      for (let frame = this.#reader.next(); frame !== null; frame = this.#reader.next()) {
        if (frame.type === type) return { type, body: Uint8Array.from(frame.body) };
        if (frame.type === ServerMessage.ErrorResponse) throw new Error(new TextDecoder().decode(frame.body));
      }
      if (this.#ended) throw new Error('the connection ended before its login was done');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  stop(): void {
    this.#socket.off('data', this.#take).off('end', this.#end).off('close', this.#end);
  }
}

function once(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once('close', () => reject(new Error(`the connection ended before ${event}`)));
  });
}

function readBytes(socket: Socket, count: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const bytes = socket.read(count) as Uint8Array | null;
      if (bytes === null) return;
      socket.off('readable', look);
      resolve(bytes);
    };
    socket.on('readable', look);
    socket.once('close', () => reject(new Error('the connection ended before an answer')));
    look();
  });
}
