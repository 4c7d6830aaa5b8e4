// One webhook: where it is, what it is told of, what became of that, and the ways to test, switch off, change, rotate and delete it.
import type { WebhookReply } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { useAction } from '../api/use-action.ts';
import { useLoad } from '../api/use-load.ts';
import { date, time } from '../format.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Crumb } from '../parts/crumb.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { useTitle } from '../parts/use-title.ts';
import { goTo } from '../router.ts';
import { useMay, useSession } from '../session.tsx';
import { DeliveryList } from '../webhooks/delivery-list.tsx';
import { RotateSecret } from '../webhooks/rotate-secret.tsx';
import { SwitchPill } from '../webhooks/switch-pill.tsx';
import { WebhookDialog } from '../webhooks/webhook-dialog.tsx';

export function WebhookPage({ webhookId }: { webhookId: string }) {
  const { api } = useSession();
  const load = useLoad(useCallback(() => api.getWebhook({ params: { webhookId } }), [api, webhookId]));
  useTitle('Webhook');
  if (load.state === 'ready') return <Loaded webhook={load.value} onChanged={load.replace} />;
  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          <Crumb to={{ page: 'webhooks' }} title="Webhooks" />
          <h1>{load.state === 'loading' ? 'Webhook' : 'This webhook cannot be shown'}</h1>
        </div>
      </div>
      {load.state === 'loading' ? (
        <Skeleton what="the webhook" lines={[40, 64, 56]} />
      ) : (
        <ProblemNotice problem={load.problem} onRetry={load.reload} />
      )}
    </>
  );
}

interface LoadedProps {
  readonly webhook: WebhookReply;
  readonly onChanged: (webhook: WebhookReply) => void;
}

function Loaded({ webhook, onChanged }: LoadedProps) {
  const { api } = useSession();
  const [open, setOpen] = useState<'edit' | 'rotate' | 'end-overlap' | 'delete' | null>(null);
  const close = () => setOpen(null);
  const { isBusy, problem, run } = useAction();
  const { id, url, description, enabled, events, previousSecretUntil, createdAt } = webhook;
  const maySeeSecrets = useMay('secrets');
  const params = { webhookId: id };
  const test = () => run(() => api.testWebhook({ params }));
  const turn = async () => {
    const changed = await run(() => api.changeWebhook({ params, body: { enabled: !enabled } }));
    if (changed !== null) onChanged(changed);
  };
  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          <Crumb to={{ page: 'webhooks' }} title="Webhooks" />
          <div className="title-line">
            <h1 className="webhook-url">{url}</h1>
            <SwitchPill isOn={enabled} />
          </div>
          {description !== '' && <p>{description}</p>}
          <p>
            <code>{id}</code> · created {date(createdAt)}
          </p>
        </div>
        <div className="page-head-actions">
          {enabled && (
            <button type="button" className="button button-primary" aria-disabled={isBusy} onClick={test}>
              Send a test
            </button>
          )}
          <button type="button" className="button" aria-disabled={isBusy} onClick={turn}>
            {enabled ? 'Switch off' : 'Switch on'}
          </button>
          <button type="button" className="button" onClick={() => setOpen('edit')}>
            Edit
          </button>
          {maySeeSecrets && (
            <button type="button" className="button" onClick={() => setOpen('rotate')}>
              Rotate secret
            </button>
          )}
          <button type="button" className="button button-danger" onClick={() => setOpen('delete')}>
            Delete
          </button>
        </div>
      </div>
      {problem !== null && <ProblemNotice problem={problem} />}
      {!enabled && (
        <div className="notice notice-warn" role="status">
          <Icon name="pause" />
          <div className="notice-words">
            <h2>Switched off: it is told nothing</h2>
            <p>Events of this time are not kept for it. What was due before waits until it is on again.</p>
          </div>
        </div>
      )}
      {previousSecretUntil !== null && (
        <div className="notice" role="status">
          <Icon name="key" />
          <div className="notice-words">
            <h2>Signed with two secrets</h2>
            <p>The one before the last rotation signs too until {time(previousSecretUntil)}.</p>
            <button type="button" className="button button-small" onClick={() => setOpen('end-overlap')}>
              End overlap
            </button>
          </div>
        </div>
      )}
      <section className="card" aria-label="Events">
        <div className="card-head">
          <h2>Told of</h2>
        </div>
        <ul className="card-body chips mono">
          {events.map((event) => (
            <li key={event}>{event}</li>
          ))}
        </ul>
      </section>
      <DeliveryList webhookId={id} />
      {open === 'edit' && (
        <WebhookDialog
          webhook={webhook}
          onClose={close}
          onSaved={(changed) => {
            close();
            onChanged(changed);
          }}
        />
      )}
      {open === 'rotate' && <RotateSecret webhook={webhook} onRotated={onChanged} onClose={close} />}
      {open === 'end-overlap' && (
        <ConfirmDialog
          title="End the overlap?"
          confirm="End overlap"
          danger
          act={async () => {
            onChanged(await api.endWebhookOverlap({ params }));
            close();
          }}
          onClose={close}
        >
          <p className="purpose">
            From the next attempt on deliveries are signed with the newest secret alone. A receiver that knows
            only the one before refuses them.
          </p>
        </ConfirmDialog>
      )}
      {open === 'delete' && (
        <ConfirmDialog
          title="Delete this webhook?"
          confirm="Delete webhook"
          danger
          act={async () => {
            await api.deleteWebhook({ params });
            goTo({ page: 'webhooks' });
          }}
          onClose={close}
        >
          <p className="purpose">
            Nothing is sent to <code>{url}</code> any more. What it was told, and what it was still to be
            told, is gone with it. To pause it, switch it off instead.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
