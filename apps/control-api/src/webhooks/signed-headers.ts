// The headers of a call to a webhook, whoever is called and for what.
import { version } from '../version.ts';
import { signatureOf } from './signature.ts';

/** For a JSON body that is sent now, signed once with each secret: `whsec_` and the base64 of the key. */
export function signedHeaders(
  secrets: readonly string[],
  { id, body }: { readonly id: string; readonly body: string },
): Readonly<Record<string, string>> {
  const timeSeconds = Math.floor(Date.now() / 1000);
  return {
    'content-type': 'application/json',
    'user-agent': `weir/${version}`,
    'webhook-id': id,
    'webhook-timestamp': String(timeSeconds),
    'webhook-signature': secrets.map((secret) => signatureOf(secret, { id, timeSeconds, body })).join(' '),
  };
}
