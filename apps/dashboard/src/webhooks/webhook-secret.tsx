// A signing secret that a webhook was given just now, shown once.
import type { CreateWebhookReply } from '@weir/api-contract';
import { time } from '../format.ts';
import { ShownOnce } from '../parts/shown-once.tsx';

interface WebhookSecretProps {
  readonly made: CreateWebhookReply;
  /** What has happened. */
  readonly title: string;
  readonly onClose: () => void;
}

export function WebhookSecret({ made, title, onClose }: WebhookSecretProps) {
  const { secret, webhook } = made;
  const until = webhook.previousSecretUntil;
  return (
    <ShownOnce
      title={title}
      lead="Its receiver checks with this secret that a delivery comes from here."
      secret="secret"
      {...(until === null ? {} : { note: `The secret before signs too until ${time(until)}.` })}
      texts={[{ name: 'Signing secret', text: secret, what: 'signing secret', testId: 'webhook-secret' }]}
      onClose={onClose}
    />
  );
}
