// What a webhook was told and is to be told, the newest first, followed while it is seen.
import type { DeliveryReply } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { useNewestFirst } from '../api/use-newest-first.ts';
import { Calm } from '../parts/calm.tsx';
import { ChoiceField } from '../parts/field.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { useSession } from '../session.tsx';
import { DeliveryEntry } from './delivery-entry.tsx';
import { statusWords } from './delivery-words.ts';

type Status = DeliveryReply['status'];

export function DeliveryList({ webhookId }: { webhookId: string }) {
  const { api } = useSession();
  const [status, setStatus] = useState<Status | ''>('');
  const pages = useNewestFirst(
    useCallback(
      (cursor: string | undefined) =>
        api.listDeliveries({
          params: { webhookId },
          query: { cursor, status: status === '' ? undefined : status },
        }),
      [api, webhookId, status],
    ),
  );
  const { load } = pages;
  return (
    <section className="deliveries" aria-label="Deliveries">
      <div className="deliveries-head">
        <h2>Deliveries</h2>
        <search className="filters">
          <ChoiceField
            label="Status"
            value={status}
            onChange={(event) => setStatus(event.target.value as Status | '')}
            choices={statusWords}
          >
            <option value="">All</option>
          </ChoiceField>
        </search>
      </div>
      {load.state === 'loading' && <Skeleton what="deliveries" lines={[58, 66, 50]} />}
      {load.state === 'failed' && <ProblemNotice problem={load.problem} onRetry={load.reload} />}
      {load.state === 'ready' && load.value.items.length === 0 && (
        <Calm title="No deliveries">
          {status === ''
            ? 'What it is told stands here for 30 days. A test shows whether its receiver hears it.'
            : 'None has this status.'}
        </Calm>
      )}
      {load.state === 'ready' && load.value.items.length > 0 && (
        <div className="card">
          <ul className="entries">
            {load.value.items.map((delivery) => (
              <DeliveryEntry key={delivery.id} delivery={delivery} />
            ))}
          </ul>
          <MoreButton pages={pages} what="deliveries" />
        </div>
      )}
    </section>
  );
}
