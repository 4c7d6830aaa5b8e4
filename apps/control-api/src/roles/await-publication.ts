// Waits until what was changed of endpoints is in shared state, where poolers look.
import { areSent } from '@weir/catalog';
import type { Parts } from '../parts.ts';

// A publication takes milliseconds; longer, and shared state is away.
const waitMs = 5_000;

/** False: it did not get there in time. Rejects with the catalog's error. */
export async function awaitPublication(
  { catalog }: Pick<Parts, 'catalog'>,
  endpointIds: readonly string[],
): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  while (!(await areSent(catalog, endpointIds))) {
    if (performance.now() > deadline) return false;
    await new Promise((done) => setTimeout(done, 20));
  }
  return true;
}
