// What can go wrong on the way to a server, as errors of the table. Never tells a client an address.
import {
  ChannelClosedError,
  ChannelDeadlineError,
  ChannelLimitError,
  DialError,
  type DialReason,
  EgressError,
  TlsError,
  type TlsReason,
} from '@weir/net';
import { type ErrorFields, ProtocolViolation, SqlState } from '@weir/protocol';
import { ScramProtocolError } from '@weir/scram';
import { asPoolerError, PoolerError } from '../errors.ts';

const dialWords: Readonly<Record<DialReason, string>> = {
  refused: 'connection refused',
  timeout: 'no answer in time',
  unreachable: 'no route to its address',
  reset: 'the connection was reset',
  exhausted: 'Weir ran out of file descriptors or local ports',
  failed: 'the connection failed',
};

const tlsWords: Readonly<Record<TlsReason, string>> = {
  untrusted: 'its certificate is not signed by a trusted authority',
  expired: 'its certificate is outside its period of validity',
  'name-mismatch': 'its certificate is for another host name',
  protocol: 'no TLS version fits both',
  timeout: 'the TLS handshake was not finished in time',
  closed: 'it closed the connection during the TLS handshake',
  'certificate-unusable': 'the CA certificate of the tenant cannot be read',
};

/** Maps errors of net, protocol and scram that a server caused; PoolerErrors stay as they are. */
export function serverError(error: unknown, endpointId: string): PoolerError {
  const unreachable = (reason: string) =>
    new PoolerError('SERVER_UNREACHABLE', { endpoint: endpointId, reason }, { cause: error });
  if (error instanceof DialError) return unreachable(dialWords[error.reason]);
  if (error instanceof EgressError) {
    if (error.reason === 'forbidden') {
      return new PoolerError('SERVER_FORBIDDEN', { endpoint: endpointId }, { cause: error });
    }
    return unreachable('its host name has no address');
  }
  if (error instanceof TlsError) {
    // A handshake that broke off says nothing about certificates: the server comes, goes, or is too slow.
    if (error.reason === 'closed' || error.reason === 'timeout') return unreachable(tlsWords[error.reason]);
    const data = { endpoint: endpointId, reason: tlsWords[error.reason] };
    return new PoolerError('SERVER_TLS_UNTRUSTED', data, { cause: error });
  }
  if (error instanceof ChannelClosedError) return unreachable('it closed the connection');
  if (error instanceof ChannelDeadlineError) return unreachable('no answer in time');
  if (
    error instanceof ChannelLimitError ||
    error instanceof ProtocolViolation ||
    error instanceof ScramProtocolError
  ) {
    return new PoolerError('SERVER_PROTOCOL', { what: error.message }, { cause: error });
  }
  return asPoolerError(error);
}

/** The database's own refusal of a login, passed on with its SQLSTATE and text. */
export function refusedByServer(fields: ErrorFields, role: string): PoolerError {
  const code = fields.code === SqlState.InvalidPassword ? 'SERVER_PASSWORD_REFUSED' : 'SERVER_LOGIN_REFUSED';
  return new PoolerError(code, { role, sqlstate: fields.code }, { fields });
}
