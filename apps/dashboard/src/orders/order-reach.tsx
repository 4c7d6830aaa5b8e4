// Who has carried out an order that was given just now: every pooler, or which not yet.
import type { OrdersReachReply } from '@weir/api-contract';
import { useCallback } from 'react';
import { useLoad } from '../api/use-load.ts';
import { counted } from '../format.ts';
import { useSession } from '../session.tsx';

/** Poolers report once a second; one that was cut off for a moment has heard of it after two. */
const reachWaitMs = 10_000;

interface OrderReachProps {
  readonly endpointId: string;
  /** Of the endpoint with the order. */
  readonly generation: number;
  /** `Pause` */
  readonly label: string;
}

export function OrderReach({ endpointId, generation, label }: OrderReachProps) {
  const { api } = useSession();
  const load = useLoad(
    useCallback(
      () => api.getOrders({ params: { endpointId }, query: { generation, waitMs: reachWaitMs } }),
      [api, endpointId, generation],
    ),
  );
  return (
    <p className="order-reach" role="status">
      {label}:{' '}
      {load.state === 'loading'
        ? 'waiting for poolers to carry it out…'
        : load.state === 'failed'
          ? `ordered; who has carried it out is not known: ${load.problem.title}`
          : reachInWords(load.value)}
    </p>
  );
}

function reachInWords({ reached, poolers }: OrdersReachReply): string {
  const serving = poolers.filter(({ state }) => state !== 'unused');
  if (reached) {
    return serving.length === 0
      ? 'ordered; no pooler serves the endpoint now'
      : `carried out by ${counted(serving.length, 'pooler')}`;
  }
  const late = serving
    .filter(({ state }) => state !== 'done')
    .map(({ processId, state }) => (state === 'silent' ? `${processId}, which is silent` : processId));
  return `not yet carried out by ${late.join(' and ')}`;
}
