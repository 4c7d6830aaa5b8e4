// Orders to the pools of an endpoint: pause and resume, reconnect, drain, kill, each with what it does said first.
import type { EndpointReply, OperationId } from '@weir/api-contract';
import { useState } from 'react';
import { duration } from '../format.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { useSession } from '../session.tsx';

type OrderId = Extract<
  OperationId,
  'pausePools' | 'resumePools' | 'reconnectPools' | 'drainEndpoint' | 'killPools'
>;

interface OrderWords {
  readonly label: string;
  readonly says: string;
  readonly isDanger?: boolean;
}

/** Whether the whole endpoint is held back, or lets nobody in. */
export function standingOf({ orders }: EndpointReply): 'paused' | 'draining' | null {
  if (orders.draining !== null) return 'draining';
  const whole = orders.pools.find(({ role, database }) => role === null && database === null);
  return whole?.pausedAt == null ? null : 'paused';
}

function wordsOf(id: OrderId, { settings }: EndpointReply): OrderWords {
  const wait = duration(settings.queryWaitTimeoutMs);
  switch (id) {
    case 'pausePools':
      return {
        label: 'Pause',
        says: `Transactions under way end; then every client waits, for ${wait} at most, and server connections close, so that the database can be restarted. Nobody is disconnected.`,
      };
    case 'resumePools':
      return { label: 'Resume', says: 'Clients that wait go on, and new ones are let in.' };
    case 'reconnectPools':
      return {
        label: 'Reconnect',
        says: 'Server connections that are open now are replaced: idle ones at once, the others after their transaction.',
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
      };
  }
}

interface OrderMenuProps {
  readonly endpoint: EndpointReply;
  readonly onChanged: (endpoint: EndpointReply) => void;
}

/** The buttons that make sense as things stand. */
export function OrderMenu({ endpoint, onChanged }: OrderMenuProps) {
  const { api } = useSession();
  const [asking, setAsking] = useState<OrderId | null>(null);
  const first = standingOf(endpoint) === null ? 'pausePools' : 'resumePools';
  const ids: readonly OrderId[] = [first, 'reconnectPools', 'drainEndpoint', 'killPools'];
  const carryOut = async (id: OrderId) => {
    const { generation, orders } = await api[id]({ params: { endpointId: endpoint.id }, body: {} });
    setAsking(null);
    onChanged({ ...endpoint, generation, orders });
  };
  const words = asking === null ? null : wordsOf(asking, endpoint);
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for inputs, and these are buttons. */}
      <div className="orders" role="group" aria-label="Orders">
        {ids.map((id) => {
          const { label, isDanger } = wordsOf(id, endpoint);
          return (
            <button
              key={id}
              type="button"
              className={isDanger ? 'button button-small button-danger' : 'button button-small'}
              onClick={() => setAsking(id)}
            >
              {label}
            </button>
          );
        })}
      </div>
      {asking !== null && words !== null && (
        <ConfirmDialog
          title={`${words.label} ${endpoint.id}?`}
          confirm={words.label}
          danger={words.isDanger ?? false}
          act={() => carryOut(asking)}
          onClose={() => setAsking(null)}
        >
          <p className="purpose">{words.says}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
