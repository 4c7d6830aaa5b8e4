// A list that the API gives page by page: the first page as it is shown, the others when asked for.
import { useCallback, useState } from 'react';
import { ApiProblem } from './problem.ts';
import { type Loaded, useLoad } from './use-load.ts';

/** Of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** The pages so far as one. */
export interface Pages<Item> {
  readonly load: Loaded<Page<Item>>;
  /** Why the next page did not come. */
  readonly moreProblem: ApiProblem | null;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => Promise<void>;
  /** Shows what a change has made of the items so far, where there are some; `nextCursor` as in the page. */
  readonly change: (after: (items: readonly Item[], nextCursor: string | null) => readonly Item[]) => void;
}

/** `ask` must be stable (useCallback): a new function is a new list. Its cursor is undefined for the first page. */
export function usePages<Item>(ask: (cursor: string | undefined) => Promise<Page<Item>>): Pages<Item> {
  const load = useLoad(useCallback(() => ask(undefined), [ask]));
  const [isLoadingMore, setLoadingMore] = useState(false);
  const [moreProblem, setMoreProblem] = useState<ApiProblem | null>(null);

  const loadMore = async () => {
    if (isLoadingMore || load.state !== 'ready' || load.value.nextCursor === null) return;
    setLoadingMore(true);
    setMoreProblem(null);
    try {
      const page = await ask(load.value.nextCursor);
      load.replace({ items: [...load.value.items, ...page.items], nextCursor: page.nextCursor });
    } catch (error) {
      setMoreProblem(ApiProblem.from(error));
    }
    setLoadingMore(false);
  };
  const change: Pages<Item>['change'] = (after) => {
    if (load.state !== 'ready') return;
    const { items, nextCursor } = load.value;
    load.replace({ items: after(items, nextCursor), nextCursor });
  };
  return { load, moreProblem, isLoadingMore, loadMore, change };
}
