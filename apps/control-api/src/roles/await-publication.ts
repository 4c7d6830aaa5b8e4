// Waits until what was changed of endpoints is in shared state, where poolers look.
import { areSent, lastUnsentOf } from '@weir/catalog';
import type { Parts } from '../parts.ts';

// A publication takes milliseconds; longer, and shared state is away.
const waitMs = 5_000;

/** False: it did not get there in time. Rejects with the catalog's error. */
export async function awaitPublication(
  { catalog }: Pick<Parts, 'catalog'>,
  endpointIds: readonly string[],
): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  // What others change from now on is not waited for, or a stream of changes would hold everybody up.
  const last = await lastUnsentOf(catalog, endpointIds);
  while (!(await areSent(catalog, endpointIds, last))) {
    if (performance.now() > deadline) return false;
    await new Promise((done) => setTimeout(done, 20));
  }
  return true;
}
