// The bytes of one client on their way to its server: what goes on unchanged, what is left out, what is put in between.
import type { ClientSession } from './client-session.ts';
import { type Allocate, OutBuffer } from './out-buffer.ts';

/** One run over a client's bytes. One instance a process: no run begins before the one before is flushed. */
export class RequestRun {
  readonly out: OutBuffer;
  nowMs = 0;
  /** Where the bytes begin that go on unchanged. */
  from = 0;
  private readonly unsentBytesMax: number;

  /** `unsentBytesMax`: unsent to a server, before reading from the client stops. */
  constructor(allocate: Allocate, unsentBytesMax: number) {
    this.out = new OutBuffer(allocate);
    this.unsentBytesMax = unsentBytesMax;
  }

  /** Takes `bytes[from..to)` out of what goes on unchanged. */
  cut(bytes: Uint8Array, from: number, to: number): void {
    this.out.append(bytes, this.from, from);
    this.from = to;
  }

  /** Writes what goes to the server up to `at`. */
  flush(client: ClientSession, bytes: Uint8Array, at: number): void {
    const server = client.server;
    if (server === null) {
      this.out.length = 0;
      return;
    }
    const peer = server.peer!;
    if (server.answeredAtMs !== 0 && server.owed.length > 0) server.began(this.nowMs);
    if (this.out.length > 0) {
      this.out.append(bytes, this.from, at);
      this.out.flushTo(peer);
    } else if (at > this.from) {
      if (!peer.write(bytes.subarray(this.from, at))) client.lendHeld();
    }
    this.from = at;
    if (!client.inputPaused && peer.unsentBytes > this.unsentBytesMax) {
      client.inputPaused = true;
      client.peer.pause();
    }
  }
}

/** Leaves the frame at `at` as it is; what has not come of it goes on as it comes. Returns where to go on. */
export function passFrame(client: ClientSession, at: number, frameEnd: number, to: number): number {
  if (frameEnd <= to) return frameEnd;
  client.passRemaining = frameEnd - at;
  client.passDropped = false;
  return at;
}
