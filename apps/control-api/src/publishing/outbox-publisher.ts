// Brings what the catalog holds to shared state: after each change at once, twice a second for what was left behind.
import {
  allPublications,
  type Catalog,
  type Publication,
  plainCatalogError,
  raiseEpoch,
  readEpoch,
  type SendOutcome,
  sendDue,
} from '@weir/catalog';
import { type EndpointPublisher, FleetUnavailableError } from '@weir/fleet';
import type { Logger } from '@weir/telemetry';

const sweepEveryMs = 500;
// One transaction's worth: its locks are held while its rows are sent.
const rowsPerBatch = 50;

export interface OutboxPublisher {
  /** Ends the sweep and waits for what is being sent. */
  close(): Promise<void>;
}

/** Starts at once. Shared state that is away is waited for; one line is logged when it goes and one when it is back. */
export function startOutboxPublisher(parts: {
  readonly catalog: Catalog;
  readonly publisher: EndpointPublisher;
  readonly log: Logger;
}): OutboxPublisher {
  const { catalog, publisher, log } = parts;
  let running: Promise<void> | null = null;
  let wanted = false;
  let closed = false;
  let failing = false;

  const wake = () => {
    wanted = true;
    if (running !== null || closed) return;
    running = run().finally(() => {
      running = null;
    });
  };
  const run = async () => {
    while (wanted && !closed) {
      wanted = false;
      try {
        await sweep();
        if (failing) log.info('shared state answers again; what was left behind is published');
        failing = false;
      } catch (error) {
        if (!failing)
          log.warn(
            { err: plainCatalogError(error) },
            'changes cannot be published now, trying again twice a second',
          );
        failing = true;
      }
    }
  };
  const sweep = async () => {
    const epoch = await ensureComplete(catalog, publisher, log);
    for (;;) {
      const { found, stopped } = await sendDue(catalog, rowsPerBatch, (publication) =>
        sendOne(publisher, publication, epoch, log),
      );
      if (stopped) throw new FleetUnavailableError('shared state does not answer');
      if (found < rowsPerBatch || closed) break;
    }
  };

  const stopListening = catalog.onChange(wake);
  const timer = setInterval(wake, sweepEveryMs);
  wake();
  return {
    async close() {
      closed = true;
      clearInterval(timer);
      stopListening();
      await running;
    },
  };
}

/**
 * Publishes everything if shared state does not hold this catalog's epoch: it is new, lost everything, or is left over
 * from another catalog. Resolves to the epoch to publish under.
 */
async function ensureComplete(catalog: Catalog, publisher: EndpointPublisher, log: Logger): Promise<number> {
  const complete = await publisher.completeEpoch();
  let epoch = await readEpoch(catalog);
  if (complete === epoch) return epoch;
  // The catalog is the truth: where shared state has seen a later epoch, this catalog went back in time.
  if (complete !== null && complete > epoch) epoch = await raiseEpoch(catalog, complete);
  let published = 0;
  for await (const publication of allPublications(catalog)) {
    const outcome = await sendOne(publisher, publication, epoch, log);
    if (outcome === 'stop') throw new FleetUnavailableError('shared state does not answer');
    published++;
  }
  await publisher.markComplete(epoch);
  log.info({ epoch, published }, 'everything is published');
  return epoch;
}

async function sendOne(
  publisher: EndpointPublisher,
  publication: Publication,
  epoch: number,
  log: Logger,
): Promise<SendOutcome> {
  const { endpointId } = publication;
  try {
    // `stale` is as good as `applied`: somebody else sent something newer.
    if (publication.kind === 'live') await publisher.publish(publication.endpoint, epoch);
    else if (publication.kind === 'deleted')
      await publisher.retire(endpointId, publication.generation, epoch);
    else throw publication.error;
    return 'sent';
  } catch (error) {
    if (error instanceof FleetUnavailableError) return 'stop';
    log.error({ endpointId, err: plainCatalogError(error) }, 'an endpoint cannot be published');
    return 'failed';
  }
}
