// What can go wrong with a client's bytes before it is served, as errors of the table. Decides nothing.
import { ChannelClosedError, ChannelDeadlineError, ChannelLimitError, TlsError } from '@weir/net';
import { ProtocolViolation } from '@weir/protocol';
import { ScramProtocolError } from '@weir/scram';
import { asPoolerError, PoolerError } from '../errors.ts';

/** Maps errors of net, protocol and scram that a client caused. `loginTimeoutMs` is for the text. */
export function loginError(error: unknown, loginTimeoutMs: number): PoolerError {
  const cause = { cause: error };
  if (error instanceof ChannelClosedError) return new PoolerError('CLIENT_GONE', {}, cause);
  if (error instanceof ChannelDeadlineError) return timedOut(loginTimeoutMs, error);
  if (error instanceof ChannelLimitError) {
    return new PoolerError('PROTOCOL_VIOLATION', { what: 'invalid message length' }, cause);
  }
  if (error instanceof ProtocolViolation) {
    const code = error.sqlstate === '0A000' ? 'PROTOCOL_UNSUPPORTED' : 'PROTOCOL_VIOLATION';
    return new PoolerError(code, { what: error.message }, cause);
  }
  if (error instanceof ScramProtocolError) {
    const code = error.sqlstate === '28000' ? 'SCRAM_CHANNEL_BINDING' : 'PROTOCOL_VIOLATION';
    const detail = error.detail === null ? {} : { detail: error.detail };
    return new PoolerError(code, { what: error.message }, { cause: error, ...detail });
  }
  if (error instanceof TlsError) {
    if (error.reason === 'closed') return new PoolerError('CLIENT_GONE', {}, cause);
    if (error.reason === 'timeout') return timedOut(loginTimeoutMs, error);
    return new PoolerError('PROTOCOL_VIOLATION', { what: `TLS was not agreed on: ${error.message}` }, cause);
  }
  return asPoolerError(error);
}

function timedOut(loginTimeoutMs: number, cause: Error): PoolerError {
  return new PoolerError('STARTUP_TIMEOUT', { seconds: loginTimeoutMs / 1000 }, { cause });
}
