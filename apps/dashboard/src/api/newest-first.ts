// A list of which the newest come first, brought up to date by its first page without losing the pages that were loaded.
import type { Page } from './use-pages.ts';

/** `before` with what `first`, its first page as it is now, says anew. Items have ids. */
export function withFirstPage<Item extends { readonly id: string }>(
  before: Page<Item>,
  first: Page<Item>,
): Page<Item> {
  const last = first.items.at(-1);
  const at = before.items.findIndex(({ id }) => id === last?.id);
  // Where the first page is the whole list, or all that was known has gone beyond it, the pages begin anew.
  if (first.nextCursor === null || at === -1) return first;
  const older = before.items.slice(at + 1);
  return older.length === 0 ? first : { items: [...first.items, ...older], nextCursor: before.nextCursor };
}
