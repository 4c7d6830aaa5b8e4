// Giving a webhook a new signing secret: for how long the present one signs too; then the new one, once.
import type { RotateWebhookSecretReply, WebhookReply } from '@weir/api-contract';
import { useState } from 'react';
import { useCreation } from '../api/use-creation.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { OverlapField } from '../parts/overlap-field.tsx';
import { useSession } from '../session.tsx';
import { WebhookSecret } from './webhook-secret.tsx';

interface RotateSecretProps {
  readonly webhook: WebhookReply;
  /** Hears of the webhook as it is rotated; the dialog stays open to show the secret. */
  readonly onRotated: (webhook: WebhookReply) => void;
  readonly onClose: () => void;
}

export function RotateSecret({ webhook, onRotated, onClose }: RotateSecretProps) {
  const { api } = useSession();
  const [overlapSeconds, setOverlapSeconds] = useState(86_400);
  const [made, setMade] = useState<RotateWebhookSecretReply | null>(null);
  const { isBusy, problem, create, revise } = useCreation();

  const submit = async () => {
    const params = { webhookId: webhook.id };
    const body = { overlapSeconds };
    const reply = await create((idempotencyKey) => api.rotateWebhookSecret({ params, body, idempotencyKey }));
    if (reply === null) return;
    setMade(reply);
    onRotated(reply.webhook);
  };

  if (made !== null) {
    return <WebhookSecret made={made} title="The webhook has a new secret" onClose={onClose} />;
  }
  return (
    <FormDialog
      title="Rotate the signing secret"
      lead="Deliveries are signed with a new secret at once."
      sum={
        webhook.previousSecretUntil !== null && (
          <p className="purpose">
            An overlap is under way: the secret from before it stops to sign, the present one goes on.
          </p>
        )
      }
      problem={problem}
      submitLabel="Rotate secret"
      isBusy={isBusy}
      onSubmit={() => void submit()}
      onClose={onClose}
    >
      <OverlapField
        label="The present secret signs besides"
        hint="Each delivery then has both signatures, and a receiver that knows either takes it. In the meantime give it the new one."
        seconds={overlapSeconds}
        onChange={(seconds) => {
          setOverlapSeconds(seconds);
          revise();
        }}
      />
    </FormDialog>
  );
}
