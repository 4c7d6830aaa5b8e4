// The headers of a call to a webhook, whoever is called and for what.
import { version } from '../version.ts';
import { signatureOf } from './signature.ts';

/** For a JSON body that is sent now. `secret` is `whsec_` and the base64 of the key. */
export function signedHeaders(
  secret: string,
  { id, body }: { readonly id: string; readonly body: string },
): Readonly<Record<string, string>> {
  const timeSeconds = Math.floor(Date.now() / 1000);
  return {
    'content-type': 'application/json',
    'user-agent': `weir/${version}`,
    'webhook-id': id,
    'webhook-timestamp': String(timeSeconds),
    'webhook-signature': signatureOf(secret, { id, timeSeconds, body }),
  };
}
