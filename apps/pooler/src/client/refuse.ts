// Turns an error into the ErrorResponse that ends a client's life; the only place that does before serve.
import type { Connection } from '@weir/net';
import { errorResponse } from '@weir/protocol';
import { asPoolerError, type PoolerError } from '../errors.ts';

// A close with unread bytes makes the kernel send a reset, and a reset can overtake the error on its way to the client.
const lingerMs = 2_000;

/** Writes the error and ends the connection. Returns the error as a PoolerError, for the one log line. */
export function refuse(connection: Connection, error: unknown): PoolerError {
  const known = asPoolerError(error);
  if (known.code === 'CLIENT_GONE') connection.destroy();
  else endWith(connection, errorResponse(known.toFields()));
  return known;
}

let partings = 0;

/** How many connections have been sent their last bytes and are still read from. */
export function partingCount(): number {
  return partings;
}

/** Sends the last bytes, then as `endSoon`. */
export function endWith(connection: Connection, bytes: Uint8Array): void {
  connection.write(bytes);
  endSoon(connection);
}

/**
 * Sends what is queued and end of file, then reads on and throws away until the peer ends too, for at most 2 s once it has
 * taken all or takes no more: it is counted nowhere any more, and who kept it open could have any number of them.
 */
export function endSoon(connection: Connection): void {
  awaitEnd(connection);
  connection.end();
  connection.resume();
}

/** As `endSoon`, of a client that has said goodbye. */
export function letGo(connection: Connection): void {
  awaitEnd(connection);
  connection.leave();
  connection.resume();
}

function awaitEnd(connection: Connection): void {
  let unsentBytes = Infinity;
  const timer = setTimeout(() => {
    const unsentNow = connection.unsentBytes;
    if (unsentNow === 0 || unsentNow >= unsentBytes) connection.destroy();
    else {
      unsentBytes = unsentNow;
      timer.refresh();
    }
  }, lingerMs);
  connection.handler = {
    onData() {},
    onDrain() {},
    onEnd() {},
    onClose() {
      clearTimeout(timer);
      partings--;
    },
  };
  partings++;
}
