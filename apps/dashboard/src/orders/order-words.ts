// Orders to the pools of an endpoint in words: what each does, what stands of them, and for which pools.
import type { EndpointReply, OrderOperationId } from '@weir/api-contract';
import { duration } from '../format.ts';

/** Which pools are meant; null: of every role, of every database. */
export interface OrderScope {
  readonly role: string | null;
  readonly database: string | null;
}

export interface OrderWords {
  readonly label: string;
  readonly says: string;
  readonly isDanger?: boolean;
  /** Whether it may be for some pools alone. */
  readonly hasScope?: boolean;
}

type PoolOrders = EndpointReply['orders']['pools'][number];

/** Whether the whole endpoint is held back, or lets nobody in. */
export function standingOf({ orders }: Pick<EndpointReply, 'orders'>): 'paused' | 'draining' | null {
  if (orders.draining !== null) return 'draining';
  const whole = orders.pools.find(({ role, database }) => role === null && database === null);
  return whole?.pausedAt == null ? null : 'paused';
}

/** Pauses that are for some pools alone, with their time. */
export function partsPaused({
  orders,
}: Pick<EndpointReply, 'orders'>): (PoolOrders & { pausedAt: string })[] {
  return orders.pools.filter(
    (one): one is PoolOrders & { pausedAt: string } =>
      one.pausedAt !== null && (one.role !== null || one.database !== null),
  );
}

/** `role reports in database shop` */
export function scopeInWords({ role, database }: OrderScope): string {
  const parts = [role !== null && `role ${role}`, database !== null && `database ${database}`];
  return parts.filter(Boolean).join(' in ');
}

/** What an order is called and does, said before it is given. */
export function wordsOf(id: OrderOperationId, { settings }: Pick<EndpointReply, 'settings'>): OrderWords {
  const wait = duration(settings.queryWaitTimeoutMs);
  switch (id) {
    case 'pausePools':
      return {
        label: 'Pause',
        says: `Transactions under way end; then every client waits, for ${wait} at most, and server connections close, so that the database can be restarted. Nobody is disconnected.`,
        hasScope: true,
      };
    case 'resumePools':
      return { label: 'Resume', says: 'Clients that wait go on, and new ones are let in.' };
    case 'reconnectPools':
      return {
        label: 'Reconnect',
        says: 'Server connections that are open now are replaced: idle ones at once, the others after their transaction.',
        hasScope: true,
      };
    case 'drainEndpoint':
      return {
        label: 'Drain',
        says: 'New clients are refused, and those that are there are ended over 10 s, each outside a transaction.',
        isDanger: true,
      };
    case 'killPools':
      return {
        label: 'Kill',
        says: 'Every client and server connection is ended now, whatever it is doing. What was in a transaction is rolled back. Clients may connect again at once.',
        isDanger: true,
        hasScope: true,
      };
  }
}
