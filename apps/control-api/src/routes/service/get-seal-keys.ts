// What each seal key still seals, and who has it: for whoever rotates the key.
import type { SealKeyReply } from '@weir/api-contract';
import { type Catalog, countSealed, endpointIdPages, noneSealed } from '@weir/catalog';
import type { EndpointPublisher, SealKeyReport } from '@weir/fleet';
import type { Perform } from '../operation.ts';

export const getSealKeys: Perform<'getSealKeys'> = async (_call, { catalog, fleet }) => {
  const processes = [...(await fleet.sealKeys.all())].sort((a, b) => (a.processId < b.processId ? -1 : 1));
  const inHand = catalog.sealer.keyIds();
  const secrets = await countSealed(catalog);
  const published = await countPublished(catalog, fleet.publisher);
  // Keys of processes that are ahead of this one too: whether all have it is what one wants to know of a new key.
  const ids = new Set([
    ...inHand,
    ...processes.flatMap(({ keyIds }) => keyIds),
    ...secrets.keys(),
    ...published.keys(),
  ]);
  const keys = [...ids].map((id) => {
    const seals = { ...(secrets.get(id) ?? noneSealed()), publishedEndpoints: published.get(id) ?? 0 };
    return sealKeyReply(id, inHand, seals, processes);
  });
  return {
    keys,
    processes: processes.map((report) => ({ ...report, keyIds: [...report.keyIds] })),
  };
};

function sealKeyReply(
  id: string,
  inHand: readonly string[],
  seals: SealKeyReply['seals'],
  processes: readonly SealKeyReport[],
): SealKeyReply {
  const idsOf = (has: (report: SealKeyReport) => boolean) =>
    processes.filter(has).map(({ processId }) => processId);
  const sealingAt = idsOf(({ keyIds }) => keyIds[0] === id);
  const missingAt = idsOf(({ keyIds }) => !keyIds.includes(id));
  const isNeeded =
    Object.values(seals).some((count) => count > 0) || sealingAt.length > 0 || inHand[0] === id;
  const inFile = inHand.includes(id);
  return {
    id,
    inFile,
    seals,
    sealingAt,
    missingAt,
    mayBeRemoved: !isNeeded,
    mayBeUsed: inFile && missingAt.length === 0,
  };
}

/** How many published endpoints each key has sealed, by its id. */
async function countPublished(
  catalog: Catalog,
  publisher: EndpointPublisher,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const ids of endpointIdPages(catalog)) {
    for (const keyId of await publisher.sealKeyIds(ids)) {
      if (keyId !== null) counts.set(keyId, (counts.get(keyId) ?? 0) + 1);
    }
  }
  return counts;
}
