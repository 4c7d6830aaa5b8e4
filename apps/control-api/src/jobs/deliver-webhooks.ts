// The job that tells webhooks what happened: deliveries that are due are sent, put off while they fail, and given up after a day.
import { type Catalog, type ClaimedDelivery, claimDeliveries, settleDelivery } from '@weir/catalog';
import type { EgressPolicy } from '@weir/net';
import type { Logger } from '@weir/telemetry';
import { type RequestOutcome, sendChecked } from '../egress/checked-request.ts';
import { signedHeaders } from '../webhooks/signed-headers.ts';
import { spread } from './spread.ts';

const deliveriesPerBatch = 32;
const attemptTimeoutMs = 5_000;
const firstPauseMs = 5_000;
const pauseFactor = 3;
const pauseMsMax = 6 * 3_600_000;
/** With the pauses above, a little more than a day. */
const attemptsMax = 13;

export interface Delivering {
  readonly catalog: Catalog;
  readonly policy: EgressPolicy;
  readonly log: Logger;
  /** Asked to run this job again after so long. */
  wakeAfter(delayMs: number): void;
}

/** Sends all that is due. Rejects with the catalog's error; what was claimed then is due again in 20 s. */
export async function deliverWebhooks(parts: Delivering, stopping: () => boolean): Promise<void> {
  for (;;) {
    const claimed = await claimDeliveries(parts.catalog, deliveriesPerBatch);
    await Promise.all(claimed.map((delivery) => deliver(parts, delivery)));
    if (claimed.length === 0 || stopping()) return;
  }
}

async function deliver(
  { catalog, policy, log, wakeAfter }: Delivering,
  delivery: ClaimedDelivery,
): Promise<void> {
  const { id, url, attempts } = delivery;
  const body = JSON.stringify(delivery.body);
  let secrets: readonly string[];
  try {
    secrets = delivery.secrets();
  } catch (error) {
    log.error({ deliveryId: id, err: error as Error }, 'a webhook has no secret that can be opened');
    await settleDelivery(catalog, delivery, { status: null, error: 'secret', againInMs: pauseMsMax });
    return;
  }
  const outcome = await sendChecked({
    ...{ method: 'POST', url, body, policy, plainTo: 'anywhere', replyBytesMax: null },
    headers: signedHeaders(secrets, { id, body }),
    timeoutMs: attemptTimeoutMs,
  });
  const error = errorOf(outcome);
  const againInMs = error === null || attempts >= attemptsMax ? null : pauseAfter(attempts);
  const status = 'status' in outcome ? outcome.status : null;
  await settleDelivery(catalog, delivery, { status, error, againInMs });
  if (againInMs !== null) wakeAfter(againInMs);
}

function errorOf(outcome: RequestOutcome): string | null {
  if ('error' in outcome) return outcome.error;
  if (outcome.status >= 200 && outcome.status < 300) return null;
  return outcome.status >= 300 && outcome.status < 400 ? 'redirect' : 'status';
}

function pauseAfter(attempts: number): number {
  return spread(Math.min(firstPauseMs * pauseFactor ** (attempts - 1), pauseMsMax));
}
