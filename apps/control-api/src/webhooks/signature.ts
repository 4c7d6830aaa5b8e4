// The signature of a delivery, as Standard Webhooks 1.0 has it: HMAC-SHA-256 over id, time and body.
import { createHmac } from 'node:crypto';

/** `secret` is `whsec_` and the base64 of the key; the time is in seconds since 1970. */
export function signatureOf(
  secret: string,
  { id, timeSeconds, body }: { readonly id: string; readonly timeSeconds: number; readonly body: string },
): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timeSeconds}.${body}`).digest('base64')}`;
}
