// A list of which the newest come first, page by page, followed while the page is seen.
import { useCallback, useEffect, useRef } from 'react';
import { withFirstPage } from './newest-first.ts';
import { type Page, type Pages, usePages } from './use-pages.ts';
import { type News, usePolling } from './use-polling.ts';

/** As `usePages`, and what is new in the first page each second. `ask` must be stable (useCallback). */
export function useNewestFirst<Item extends { readonly id: string }>(
  ask: (cursor: string | undefined) => Promise<Page<Item>>,
): Pages<Item> {
  const pages = usePages(ask);
  const { load } = pages;
  const shown = useRef(load);
  useEffect(() => {
    shown.current = load;
  });
  usePolling(
    useCallback(() => ask(undefined), [ask]),
    useCallback((news: News<Page<Item>>) => {
      const { current } = shown;
      // What fails is told by the first load, or mended by the next question.
      if (news === null || 'problem' in news || current.state !== 'ready') return;
      current.replace(withFirstPage(current.value, news.value));
    }, []),
  );
  return pages;
}
