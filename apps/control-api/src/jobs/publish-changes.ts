// The job that brings what the catalog holds to shared state: rows of the outbox, and everything where shared state is new.
import {
  allPublications,
  type Catalog,
  type Publication,
  plainCatalogError,
  raiseEpoch,
  type SendOutcome,
  sendDue,
  settledEpoch,
} from '@weir/catalog';
import { type EndpointPublisher, FleetUnavailableError } from '@weir/fleet';
import type { Logger } from '@weir/telemetry';

// One transaction's worth: its locks are held while its rows are sent.
const rowsPerBatch = 50;

export interface Publishing {
  readonly catalog: Catalog;
  readonly publisher: EndpointPublisher;
  readonly log: Logger;
}

/** Sends all that is due. Rejects with FleetUnavailableError when shared state is away, or with the catalog's error. */
export async function publishChanges(
  { catalog, publisher, log }: Publishing,
  stopping: () => boolean,
): Promise<void> {
  const epoch = await ensureComplete({ catalog, publisher, log });
  for (;;) {
    const { found, stopped } = await sendDue(catalog, rowsPerBatch, (publication) =>
      sendOne(publisher, publication, epoch, log),
    );
    if (stopped) throw new FleetUnavailableError('shared state does not answer');
    if (found < rowsPerBatch || stopping()) return;
  }
}

/**
 * Publishes everything if shared state does not hold this catalog's epoch: it is new, lost everything, or is left over
 * from another catalog. Resolves to the epoch to publish under.
 */
async function ensureComplete({ catalog, publisher, log }: Publishing): Promise<number> {
  const complete = await publisher.completeEpoch();
  let epoch = await settledEpoch(catalog);
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

/** Brings one endpoint to shared state. Never rejects: what went wrong is logged. */
export async function sendOne(
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
