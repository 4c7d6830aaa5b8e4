// Giving a webhook a new signing secret: for how long the present one signs too; then the new one, once.
import type { RotateWebhookSecretReply, WebhookReply } from '@weir/api-contract';
import { useState } from 'react';
import { RotateDialog } from '../parts/rotate-dialog.tsx';
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
  const [made, setMade] = useState<RotateWebhookSecretReply | null>(null);
  const params = { webhookId: webhook.id };

  if (made !== null) {
    return <WebhookSecret made={made} title="The webhook has a new secret" onClose={onClose} />;
  }
  return (
    <RotateDialog
      title="Rotate the signing secret"
      lead="Deliveries are signed with a new secret at once."
      secret="secret"
      does="sign"
      isOverlapping={webhook.previousSecretUntil !== null}
      label="The present secret signs besides"
      hint="Each delivery then has both signatures, and a receiver that knows either takes it. In the meantime give it the new one."
      usualSeconds={86_400}
      rotate={(body, idempotencyKey) => api.rotateWebhookSecret({ params, body, idempotencyKey })}
      onRotated={(reply) => {
        setMade(reply);
        onRotated(reply.webhook);
      }}
      onClose={onClose}
    />
  );
}
