// Orders to the pools of an endpoint: the buttons for all of it, what is paused in part, and who has carried out the last.
import type { EndpointReply, OrderOperationId, OrderReply } from '@weir/api-contract';
import { useState } from 'react';
import { time } from '../format.ts';
import { OrderDialog } from './order-dialog.tsx';
import { OrderReach } from './order-reach.tsx';
import { type OrderScope, partsPaused, scopeInWords, standingOf, wordsOf } from './order-words.ts';

interface OrderMenuProps {
  readonly endpoint: EndpointReply;
  readonly onChanged: (endpoint: EndpointReply) => void;
}

interface Asking {
  readonly id: OrderOperationId;
  readonly scope?: OrderScope;
}

/** What makes sense as things stand. */
export function OrderMenu({ endpoint, onChanged }: OrderMenuProps) {
  const [asking, setAsking] = useState<Asking | null>(null);
  const [given, setGiven] = useState<{ label: string; generation: number } | null>(null);
  const first = standingOf(endpoint) === null ? 'pausePools' : 'resumePools';
  const ids: readonly OrderOperationId[] = [first, 'reconnectPools', 'drainEndpoint', 'killPools'];
  const hear = (id: OrderOperationId, { generation, orders }: OrderReply) => {
    setAsking(null);
    setGiven({ label: wordsOf(id, endpoint).label, generation });
    onChanged({ ...endpoint, generation, orders });
  };
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
              onClick={() => setAsking({ id })}
            >
              {label}
            </button>
          );
        })}
        {given !== null && <OrderReach endpointId={endpoint.id} {...given} />}
      </div>
      {partsPaused(endpoint).map(({ role, database, pausedAt }) => {
        const words = scopeInWords({ role, database });
        return (
          <div key={words} className="part-paused">
            <p>
              <span className="pill pill-warn">Paused</span> {words}, since {time(pausedAt)}
            </p>
            <button
              type="button"
              className="button button-small"
              aria-label={`Resume ${words}`}
              onClick={() => setAsking({ id: 'resumePools', scope: { role, database } })}
            >
              Resume
            </button>
          </div>
        );
      })}
      {asking !== null && (
        <OrderDialog
          {...asking}
          endpoint={endpoint}
          onGiven={(reply) => hear(asking.id, reply)}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  );
}
