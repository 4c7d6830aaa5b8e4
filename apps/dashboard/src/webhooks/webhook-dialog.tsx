// Making a webhook, whose signing secret is then shown once, or changing where it is and what it is told of.
import type { CreateWebhookReply, WebhookReply } from '@weir/api-contract';
import { useState } from 'react';
import { useCreation } from '../api/use-creation.ts';
import { TextField } from '../parts/field.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { useSession } from '../session.tsx';
import { EventsField } from './events-field.tsx';
import { emptyForm, readForm, type WebhookForm } from './webhook-form.ts';
import { WebhookSecret } from './webhook-secret.tsx';

interface WebhookDialogProps {
  /** Null: a new one. */
  readonly webhook: WebhookReply | null;
  /** As it is now; of a new one before its secret has been shown. */
  readonly onSaved: (webhook: WebhookReply) => void;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function WebhookDialog({ webhook, onSaved, onClose }: WebhookDialogProps) {
  const { api } = useSession();
  const [form, setForm] = useState<WebhookForm>(webhook ?? emptyForm);
  const [wasTried, setTried] = useState(false);
  const [made, setMade] = useState<CreateWebhookReply | null>(null);
  const { isBusy, problem, create, revise, faultOf } = useCreation();

  const faults = wasTried ? readForm(form).faults : {};

  const fill = (part: Partial<WebhookForm>) => {
    setForm((before) => ({ ...before, ...part }));
    revise();
  };
  const save = async () => {
    setTried(true);
    const { body, faults } = readForm(form);
    if (Object.keys(faults).length > 0) return;
    if (webhook !== null) {
      const changed = await create(() => api.changeWebhook({ params: { webhookId: webhook.id }, body }));
      if (changed !== null) onSaved(changed);
      return;
    }
    const reply = await create((idempotencyKey) => api.createWebhook({ body, idempotencyKey }));
    if (reply === null) return;
    setMade(reply);
    onSaved(reply.webhook);
  };

  if (made !== null) return <WebhookSecret made={made} title="The webhook is ready" onClose={onClose} />;
  return (
    <FormDialog
      title={webhook === null ? 'New webhook' : 'Webhook'}
      lead="Each event is sent at least once, by POST, signed with the webhook's own secret."
      sum={null}
      problem={problem}
      submitLabel={webhook === null ? 'Create webhook' : 'Apply'}
      isBusy={isBusy}
      onSubmit={() => void save()}
      onClose={onClose}
    >
      <TextField
        label="URL"
        type="url"
        placeholder="https://example.com/hooks"
        autoComplete="off"
        spellCheck={false}
        value={form.url}
        error={faults.url ?? faultOf('url')}
        onChange={(event) => fill({ url: event.target.value })}
      />
      <TextField
        label="Description"
        hint="For your colleagues. May be empty."
        autoComplete="off"
        value={form.description}
        error={faults.description}
        onChange={(event) => fill({ description: event.target.value })}
      />
      <EventsField chosen={form.events} error={faults.events} onChange={(events) => fill({ events })} />
    </FormDialog>
  );
}
