// A webhook as a form has it, what the contract has against it field by field, and the body it makes.
import { createWebhookBodySchema } from '@weir/api-contract';
import { formFaults } from '../api/form-faults.ts';
import type { EventType } from './event-groups.ts';

export interface WebhookForm {
  readonly url: string;
  readonly description: string;
  readonly events: readonly EventType[];
}

export const emptyForm: WebhookForm = { url: '', description: '', events: [] };

const names: Readonly<Record<keyof WebhookForm, string>> = {
  url: 'The URL',
  description: 'The description',
  events: 'The list of events',
};

export interface WebhookReading {
  readonly body: { url: string; description: string; events: EventType[] };
  /** One sentence for each field that is wrong. */
  readonly faults: Readonly<Partial<Record<keyof WebhookForm, string>>>;
}

/** What a form means. */
export function readForm({ url, description, events }: WebhookForm): WebhookReading {
  const body = { url: url.trim(), description: description.trim(), events: [...events] };
  return { body, faults: formFaults(createWebhookBodySchema.safeParse(body), names) };
}
