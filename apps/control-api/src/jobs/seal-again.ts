// The job that finishes a rotation of the seal key: what older keys have sealed, in the catalog and in shared state, is sealed with the new one.
import {
  type Catalog,
  countSealed,
  endpointIdPages,
  readPublications,
  sealAgain as sealRowsAgain,
  settledEpoch,
} from '@weir/catalog';
import { type EndpointPublisher, FleetUnavailableError } from '@weir/fleet';
import type { Logger } from '@weir/telemetry';
import { sendOne } from './publish-changes.ts';

export interface SealingAgain {
  readonly catalog: Catalog;
  readonly publisher: EndpointPublisher;
  readonly log: Logger;
}

/**
 * The job, which remembers only what it has complained of. It finds what is due by looking, so that it may be ended anywhere
 * and done by several workers at once. What is sealed with a key that this process does not have is left alone: another
 * process may know it, and be right.
 */
export function sealAgainJob({ catalog, publisher, log }: SealingAgain) {
  let complaint = '';
  const complain = (text: string, tell: () => void): void => {
    if (text !== complaint && text !== '') tell();
    complaint = text;
  };
  /** Rejects with FleetUnavailableError when shared state is away, or with the catalog's error. */
  return async (stopping: () => boolean): Promise<void> => {
    const { sealedAgain, failures } = await sealRowsAgain(catalog, stopping);
    const published = stopping() ? 0 : await publishSealedAgain({ catalog, publisher, log }, stopping);
    if (sealedAgain + published > 0) {
      log.info(
        { key: catalog.sealer.keyIds()[0], secrets: sealedAgain, endpoints: published },
        'sealed again',
      );
    }
    const inHand = catalog.sealer.keyIds();
    const sealed = await countSealed(catalog);
    const missing = [...sealed].filter(([keyId]) => !inHand.includes(keyId));
    complain(missing.map(([keyId]) => keyId).join() + failures.map(({ message }) => message).join(), () => {
      for (const [keyId, counts] of missing) {
        log.error(
          { missingKey: keyId, counts },
          'secrets need a seal key that is gone from the key file, put it back',
        );
      }
      for (const failure of failures) log.error({ err: failure }, 'a secret cannot be sealed again');
    });
  };
}

/** Publishes what an older key of ours has sealed. Resolves to how many endpoints that were. */
async function publishSealedAgain(
  { catalog, publisher, log }: SealingAgain,
  stopping: () => boolean,
): Promise<number> {
  const epoch = await settledEpoch(catalog);
  let published = 0;
  for await (const ids of endpointIdPages(catalog)) {
    if (stopping()) break;
    const keyIds = await publisher.sealKeyIds(ids);
    const [, ...older] = catalog.sealer.keyIds();
    const due = ids.filter((_, index) => older.includes(keyIds[index] ?? ''));
    for (const publication of await readPublications(catalog.db, catalog, due)) {
      const outcome = await sendOne(publisher, publication, epoch, log);
      if (outcome === 'stop') throw new FleetUnavailableError('shared state does not answer');
      if (outcome === 'sent') published++;
    }
  }
  return published;
}
