// The error a client reads for each reason for which the pooling core refuses it.
import type { Refusal } from '@weir/pooling';
import { decodeErrorFields } from '@weir/protocol';
import type { PublishedEndpoint } from '@weir/tenancy';
import { asPoolerError, PoolerError } from '../errors.ts';

const timeLimitErrors = {
  'client-idle': 'CLIENT_IDLE_TIMEOUT',
  'idle-in-transaction': 'IDLE_IN_TRANSACTION_TIMEOUT',
  query: 'QUERY_STUCK',
  transaction: 'TRANSACTION_TIMEOUT',
  'pin-idle': 'PIN_IDLE_TIMEOUT',
} as const;

/** Every refusal has its error; a new kind of refusal without one does not compile. */
export function refusalError(refusal: Refusal, endpoint: PublishedEndpoint): PoolerError {
  const tenant = endpoint.tenantName;
  switch (refusal.kind) {
    case 'protocol-violation':
      return new PoolerError('PROTOCOL_VIOLATION', { what: refusal.detail });
    case 'message-too-large':
      return new PoolerError('MESSAGE_TOO_LARGE', { bytes: refusal.bytes, limit: refusal.bytesMax });
    case 'wait-timeout': {
      const seconds = Math.round(refusal.waitMs / 1000);
      if (refusal.cause === 'paused')
        return new PoolerError('POOL_PAUSED', { endpoint: endpoint.endpointId, seconds });
      if (refusal.cause === 'no-right') return new PoolerError('LEASES_UNAVAILABLE', { seconds });
      if (refusal.cause === 'budget') {
        return new PoolerError(
          'BUDGET_EXHAUSTED',
          { tenant, budget: refusal.budget, seconds },
          { detail: `No server connection became free within ${seconds} s.` },
        );
      }
      if (refusal.cause === 'server-full')
        return new PoolerError('SERVER_FULL', { endpoint: endpoint.endpointId, seconds });
      return new PoolerError('QUERY_WAIT_TIMEOUT', { tenant, seconds });
    }
    case 'killed':
      return new PoolerError(refusal.inDoubt ? 'KILLED_IN_DOUBT' : 'KILLED', {
        endpoint: endpoint.endpointId,
      });
    case 'leaving':
      return new PoolerError(refusal.inDoubt ? 'DRAINED_IN_DOUBT' : 'DRAINING', {});
    case 'server-lost':
      return new PoolerError('SERVER_LOST', { endpoint: endpoint.endpointId });
    case 'listener-lost':
      return new PoolerError('LISTENER_LOST', {});
    case 'notifications-untold':
      return new PoolerError('NOTIFICATIONS_UNTOLD', { bytes: refusal.bytes });
    case 'pin-limit':
      return new PoolerError('PIN_LIMIT', { tenant, reason: refusal.reason });
    case 'time-limit':
      return new PoolerError(timeLimitErrors[refusal.limit], { seconds: refusal.ms / 1000 });
    case 'statement-mode':
      return new PoolerError('TRANSACTION_IN_STATEMENT_MODE', { endpoint: endpoint.endpointId });
    case 'open-failed':
      return asPoolerError(refusal.cause);
    case 'replay-failed': {
      // The client's own startup setting is at fault: on a direct connection it would not have got in.
      const fields = decodeErrorFields(refusal.errorFrame.subarray(5));
      return new PoolerError('STARTUP_PARAMETER_INVALID', { name: '', value: '' }, { fields });
    }
  }
}
