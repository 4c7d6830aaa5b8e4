// Whose trouble it is that a server connection could not be opened: the login's alone, or that of all who reach the server so.
import type { OpenFailure } from '@weir/pooling';
import type { PoolerError, PoolerErrorCode } from '../errors.ts';

const unreachable: ReadonlySet<PoolerErrorCode> = new Set([
  'SERVER_UNREACHABLE',
  'SERVER_FORBIDDEN',
  'SERVER_TLS_REFUSED',
  'SERVER_PROTOCOL',
]);

// A role's or a database's own limit is no back-pressure: nobody frees a slot for it.
const ownLimit = /too many connections for (?:role|database)/;
/** Starting, shutting down or recovering; ended by the operator, or by a crash of another, before it was let in. */
const comingOrGoing: ReadonlySet<string> = new Set(['57P03', '57P01', '57P02']);

/** What the pooling core makes of an error of `openServer`. */
export function openFailure(error: PoolerError): OpenFailure {
  return { kind: kindOf(error), cause: error };
}

function kindOf({ code, fields, sqlstate, message }: PoolerError): OpenFailure['kind'] {
  if (code === 'LEASES_UNAVAILABLE') return 'no-right';
  if (fields !== null) {
    if (sqlstate === '53300' && !ownLimit.test(message)) return 'full';
    return comingOrGoing.has(sqlstate) ? 'starting' : 'refused';
  }
  return unreachable.has(code) ? 'unreachable' : 'refused';
}
