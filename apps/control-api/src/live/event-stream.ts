// A reply that goes on: values as server-sent events, for a minute at most, and only so many for one key.
import { Readable } from 'node:stream';
import { ApiError } from '../errors.ts';

// A key that was revoked, and an endpoint that was deleted, are watched no longer than this.
const lifeMs = 60_000;

/** Streams of one key at a time: a dashboard has one for each endpoint that it shows. */
const perKeyMax = 50;

/** What an operation with events replies instead of its one value. */
export class EventStream {
  readonly readable: Readable;

  constructor(readable: Readable) {
    this.readable = readable;
  }
}

/** Counts the streams of each key. */
export class EventStreams {
  private readonly byKey = new Map<string, number>();

  /**
   * `first`, then what `next` gives again and again, as events; an end of the stream is its only word on a failure. Throws
   * ApiError `too-many-requests`.
   */
  open<Value>(keyId: string, first: Value, next: () => Promise<Value>): EventStream {
    const open = this.byKey.get(keyId) ?? 0;
    if (open >= perKeyMax) {
      throw new ApiError('too-many-requests', { detail: `this key has ${perKeyMax} streams of events open` });
    }
    this.byKey.set(keyId, open + 1);
    // Strings as they are: what a slow reader leaves is a few events, and then nothing new is asked for.
    const readable = Readable.from(eventsOf(first, next), { objectMode: true, highWaterMark: 2 });
    readable.once('close', () => this.leave(keyId));
    return new EventStream(readable);
  }

  private leave(keyId: string): void {
    const left = (this.byKey.get(keyId) ?? 1) - 1;
    if (left === 0) this.byKey.delete(keyId);
    else this.byKey.set(keyId, left);
  }
}

async function* eventsOf<Value>(first: Value, next: () => Promise<Value>): AsyncGenerator<string> {
  const untilMs = performance.now() + lifeMs;
  let value = first;
  for (;;) {
    yield `data: ${JSON.stringify(value)}\n\n`;
    if (performance.now() > untilMs) return;
    try {
      value = await next();
    } catch {
      // Whoever asks again is told why, as a problem.
      return;
    }
  }
}
