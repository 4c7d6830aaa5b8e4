// How the stages of a login wait: as generators, which go on in the very turn in which a client's bytes come.
//
// A login is a few short messages and costs a few microseconds of ours. Promises would double that, and what is written in
// their turn, after the socket's round, would leave in a system call each instead of together.
import { FrameChannel } from '@weir/net';

/** A stage: it yields what it waits for, and is given what a promise came to, or its error. */
export type Steps<T> = Generator<FrameChannel | Promise<unknown>, T, unknown>;

/** Waits for a promise. */
export function* settled<T>(promise: Promise<T>): Steps<T> {
  return (yield promise) as T;
}

/** The next byte, left in place. Throws as the channel's reads do. */
export function* peekByte(channel: FrameChannel): Steps<number> {
  for (;;) {
    const byte = channel.peek();
    if (byte !== null) return byte;
    yield channel;
  }
}

/** The next `count` bytes. */
export function* readBytes(channel: FrameChannel, count: number): Steps<Uint8Array> {
  for (;;) {
    const bytes = channel.take(count);
    if (bytes !== null) return bytes;
    yield channel;
  }
}

/** A packet without a type; a view that is valid until the next step. */
export function* readStartupPacket(channel: FrameChannel, bytesMax: number): Steps<Uint8Array> {
  for (;;) {
    const packet = channel.takeStartupPacket(bytesMax);
    if (packet !== null) return packet;
    yield channel;
  }
}

/** A message; its body is a view that is valid until the next step. */
export function* readFrame(
  channel: FrameChannel,
  bytesMax: number,
): Steps<{ type: number; body: Uint8Array }> {
  for (;;) {
    const frame = channel.takeFrame(bytesMax);
    if (frame !== null) return frame;
    yield channel;
  }
}

/** Takes the steps, the first of them at once; `done` or `failed` is called at their end. */
export function follow<T>(steps: Steps<T>, done: (value: T) => void, failed: (error: unknown) => void): void {
  new Walk(steps, done, failed).goOn();
}

/** The same as a promise. */
export function outcomeOf<T>(steps: Steps<T>): Promise<T> {
  return new Promise((resolve, reject) => follow(steps, resolve, reject));
}

class Walk<T> {
  readonly #steps: Steps<T>;
  readonly #done: (value: T) => void;
  readonly #failed: (error: unknown) => void;
  #again: (() => void) | null = null;

  constructor(steps: Steps<T>, done: (value: T) => void, failed: (error: unknown) => void) {
    this.#steps = steps;
    this.#done = done;
    this.#failed = failed;
  }

  goOn(value?: unknown): void {
    let step: IteratorResult<FrameChannel | Promise<unknown>, T>;
    try {
      step = this.#steps.next(value);
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#wait(step);
  }

  #fail(error: unknown): void {
    let step: IteratorResult<FrameChannel | Promise<unknown>, T>;
    try {
      step = this.#steps.throw(error);
    } catch (thrown) {
      this.#failed(thrown);
      return;
    }
    this.#wait(step);
  }

  #wait(step: IteratorResult<FrameChannel | Promise<unknown>, T>): void {
    if (step.done === true) this.#done(step.value);
    else if (step.value instanceof FrameChannel) step.value.whenMore((this.#again ??= () => this.goOn()));
    else {
      step.value.then(
        (value) => this.goOn(value),
        (error) => this.#fail(error),
      );
    }
  }
}
