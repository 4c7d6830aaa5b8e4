// DNS records by a call to a program of the operator's, which changes the zone: signed as all of Weir's webhooks are.
import { randomBytes } from 'node:crypto';
import { sendChecked } from '../egress/checked-request.ts';
import { signedHeaders } from '../webhooks/signed-headers.ts';
import { type DnsProvider, DnsProviderError, ttlSeconds } from './dns-provider.ts';

/** Names of so many endpoints go into one call. */
const endpointsMax = 100;
const timeoutMs = 10_000;

/** The operator names the receiver, and no tenant has a say in it, so that it may be at any address and without TLS. `secret` is `whsec_` and the base64 of the key. */
export function webhookProvider(url: string, secret: string): DnsProvider {
  const { origin, pathname } = new URL(url);
  // A call that comes again keeps its id until it is taken; what is the same later, after other changes, is another call.
  let last = { body: '', id: '' };
  return {
    place: origin + pathname,
    keepsWhole: false,
    endpointsMax,
    async publish(changes) {
      const body = JSON.stringify({
        ttlSeconds,
        changes: changes.map(({ name, records }) => ({
          name,
          records: records.map(({ type, value }) => ({ type, value })),
        })),
      });
      if (last.body !== body) last = { body, id: `dns_${randomBytes(16).toString('hex')}` };
      const outcome = await sendChecked({
        ...{ method: 'POST', url, body, timeoutMs, plainTo: 'anywhere', replyBytesMax: null },
        policy: { allowLoopback: true, allowPrivate: true, denied: [] },
        headers: signedHeaders([secret], last),
      });
      if ('error' in outcome)
        throw new DnsProviderError(`the DNS webhook cannot be reached: ${outcome.error}`);
      if (outcome.status < 200 || outcome.status > 299)
        throw new DnsProviderError(`the DNS webhook answered with status ${outcome.status}`);
      last = { body: '', id: '' };
    },
  };
}
