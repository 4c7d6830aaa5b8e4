// A delivery of a webhook in words: where it stands, and what the last attempt came to.
import type { DeliveryReply } from '@weir/api-contract';
import { counted, time } from '../format.ts';

/** What is said of a delivery's status. */
export const statusWords: Readonly<Record<DeliveryReply['status'], string>> = {
  pending: 'Pending',
  delivered: 'Delivered',
  failed: 'Failed',
};

const errors: Readonly<Record<string, string>> = {
  timeout: 'no answer within 5 s',
  refused: 'the connection was refused',
  unreachable: 'the host cannot be reached',
  tls: 'TLS failed; is its certificate one that is trusted?',
  dns: 'the name of the host does not resolve',
  forbidden: 'its address is one that Weir does not dial',
  secret: 'the signing secret cannot be opened with the seal keys there are',
};

/** What the last attempt came to; null: there was none. */
export function outcomeOf({ lastStatus, lastError }: DeliveryReply): string | null {
  if (lastStatus !== null) {
    return lastError === 'redirect'
      ? `${lastStatus}, a redirect, which is not followed`
      : `status ${lastStatus}`;
  }
  // A word that this page was not made for stands as the API says it.
  return lastError === null ? null : (errors[lastError] ?? lastError);
}

/** `2 attempts, next at …`; an attempt that is due now is being made. */
export function attemptsOf({ attempts, dueAt, status }: DeliveryReply, nowMs: number): string {
  const made = counted(attempts, 'attempt');
  if (status !== 'pending' || dueAt === null) return made;
  return Date.parse(dueAt) <= nowMs ? `${made}, next one now` : `${made}, next one ${time(dueAt)}`;
}
