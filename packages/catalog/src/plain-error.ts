// The database layer's errors without the statement they carry.
import { DrizzleQueryError } from 'drizzle-orm';

/** The server's or driver's own error: the layer's message holds statement and parameters, which no log should. */
export function plainCatalogError(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? (error.cause ?? new Error('a catalog query failed')) : error;
}
