// Waiting for the end of a server connection: until the server's own end of file has been read, its slot is not free.
import type { Connection } from '@weir/net';

// A backend that has read our end of file leaves at once; one that does not is stuck, and waiting longer frees nothing.
const lingerMs = 5_000;

/** Hears a connection's end beside whatever handler the connection has now. */
export interface EndWatch {
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>;
  /** Takes the handler's place, so that what still comes is thrown away. */
  discardRest(): void;
}

/** To be called after the stage has set its handler (a FrameChannel does so when it is made). */
export function watchEnd(connection: Connection): EndWatch {
  const inner = connection.handler;
  const { promise: closed, resolve } = withResolvers();
  connection.handler = {
    onData: (bytes, length) => inner.onData(bytes, length),
    onDrain: () => inner.onDrain(),
    onEnd: () => inner.onEnd(),
    onClose: (error) => {
      resolve();
      inner.onClose(error);
    },
  };
  return {
    closed,
    discardRest() {
      connection.handler = { onData() {}, onDrain() {}, onEnd() {}, onClose: resolve };
    },
  };
}

/** Ends the connection from our side, and resolves when the server has ended it too, after 5 s at the latest. */
export async function endAndWait(connection: Connection, watch: EndWatch): Promise<void> {
  const timer = setTimeout(() => connection.destroy(), lingerMs);
  watch.discardRest();
  connection.end();
  connection.resume();
  await watch.closed;
  clearTimeout(timer);
}

// Promise.withResolvers came with Node 22.
function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
