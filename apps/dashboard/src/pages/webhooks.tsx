// The webhooks of the organisation: where it wants to be told of changes, and making another one.
import type { WebhookReply } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { type Pages, usePages } from '../api/use-pages.ts';
import { counted, date } from '../format.ts';
import { Calm } from '../parts/calm.tsx';
import { Icon } from '../parts/icon.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { useTitle } from '../parts/use-title.ts';
import { hrefOf } from '../router.ts';
import { useMay, useSession } from '../session.tsx';
import { eventsInWords } from '../webhooks/event-groups.ts';
import { SwitchPill } from '../webhooks/switch-pill.tsx';
import { WebhookDialog } from '../webhooks/webhook-dialog.tsx';

export function Webhooks() {
  const { api } = useSession();
  // The reply to a creation holds the secret.
  const mayCreate = useMay('secrets');
  const [isCreating, setCreating] = useState(false);
  const pages = usePages(
    useCallback((cursor: string | undefined) => api.listWebhooks({ query: { cursor } }), [api]),
  );
  useTitle('Webhooks');
  const { load } = pages;

  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          <h1>Webhooks</h1>
          <p>Programs of yours that are told of changes of tenants, endpoints and roles.</p>
        </div>
        {load.state === 'ready' && mayCreate && (
          <button type="button" className="button button-primary" onClick={() => setCreating(true)}>
            <Icon name="plus" />
            New webhook
          </button>
        )}
      </div>
      {load.state === 'loading' && <Skeleton what="webhooks" lines={[52, 60, 44]} />}
      {load.state === 'failed' && <ProblemNotice problem={load.problem} onRetry={load.reload} />}
      {load.state === 'ready' && load.value.items.length === 0 && (
        <Calm title="No webhooks yet">
          A webhook is a URL that gets a signed POST for each change it wants to be told of. What fails is
          tried again for a day.
        </Calm>
      )}
      {load.state === 'ready' && load.value.items.length > 0 && (
        <WebhookTable webhooks={load.value.items} pages={pages} />
      )}
      {isCreating && (
        <WebhookDialog webhook={null} onSaved={load.reload} onClose={() => setCreating(false)} />
      )}
    </>
  );
}

function WebhookTable({
  webhooks,
  pages,
}: {
  webhooks: readonly WebhookReply[];
  pages: Pages<WebhookReply>;
}) {
  return (
    <div className="card">
      <table className="table webhooks">
        <caption className="visually-hidden">{counted(webhooks.length, 'webhook')}</caption>
        <thead>
          <tr>
            <th scope="col">URL</th>
            <th scope="col">State</th>
            <th scope="col">Told of</th>
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>
          {webhooks.map(({ id, url, description, enabled, events, createdAt }) => (
            <tr key={id}>
              <td className="cut">
                <a className="row-link mono" href={hrefOf({ page: 'webhook', webhookId: id })}>
                  {url}
                </a>
                {description !== '' && <p className="soft cut">{description}</p>}
              </td>
              <td>
                <SwitchPill isOn={enabled} />
              </td>
              <td className="soft">{eventsInWords(events)}</td>
              <td className="soft numbers">{date(createdAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <MoreButton pages={pages} what="webhooks" />
    </div>
  );
}
