// Errors of a pool's connections that no statement is told of.
import type pg from 'pg';

/** A connection that breaks ends nothing but itself. `onIdleError` is told of one that nobody was using. */
export function surviveBrokenConnections(
  pool: pg.Pool,
  onIdleError: (error: Error) => void = () => {},
): void {
  pool.on('error', (error: Error & { client?: unknown }) => {
    // The pool hangs the whole of its client on the error, which would be written to the log.
    delete error.client;
    onIdleError(error);
  });
  // One that ends between two statements of a transaction tells only its listeners; the next statement fails by itself.
  pool.on('connect', (client) => client.on('error', () => {}));
}
