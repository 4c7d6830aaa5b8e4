// Cursors of lists in order of creation: where the page before ended, as text that callers hand back.
import type { Position } from '@weir/catalog';
import { ApiError } from '../errors.ts';

export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

/** Where a page begins. Throws ApiError `validation-failed` for what is no cursor of a list of such ids. */
export function positionOf(
  cursor: string | undefined,
  isId: (text: string) => boolean,
): Position | undefined {
  if (cursor === undefined) return undefined;
  const [time = '', id = ''] = cursor.split('.', 2);
  if (!/^\d{1,14}$/.test(time) || !isId(id)) {
    throw new ApiError('validation-failed', {
      faults: [{ field: 'cursor', message: 'is not a nextCursor of this list' }],
    });
  }
  return { createdAt: new Date(Number(time)), id };
}

/** A page out of `found`, which holds one more than `limit` if there is a next page. */
export function pageOf<Row extends Position, Item>(
  found: readonly Row[],
  limit: number,
  show: (row: Row) => Item,
): Page<Item> {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const isMore = found.length > limit && last !== undefined;
  return {
    items: rows.map(show),
    nextCursor: isMore ? `${last.createdAt.getTime()}.${last.id}` : null,
  };
}
