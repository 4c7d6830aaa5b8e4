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

/** Sends the last bytes and end of file, then reads on and throws away until the peer ends too, for at most 2 s. */
export function endWith(connection: Connection, bytes: Uint8Array): void {
  const timer = setTimeout(() => connection.destroy(), lingerMs);
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
  connection.write(bytes);
  connection.end();
  connection.resume();
}
