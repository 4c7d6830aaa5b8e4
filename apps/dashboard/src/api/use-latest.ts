// Follows something that the API tells when it is asked: the latest of it, asked for each second while the page is seen.
import { useCallback, useState } from 'react';
import type { ApiProblem } from './problem.ts';
import { type News, usePolling } from './use-polling.ts';

/** What is known now. `problem` is set while the API does not answer; `latest` is then the last that it said. */
export interface Latest<T> {
  readonly latest: T | null;
  readonly problem: ApiProblem | null;
}

/** Polls from mount to unmount. `ask` must be stable (useCallback). */
export function useLatest<T>(ask: () => Promise<T>): Latest<T> {
  const [known, setKnown] = useState<Latest<T>>({ latest: null, problem: null });
  usePolling(
    ask,
    useCallback((news: News<T>) => setKnown((before) => withNews(before, news)), []),
  );
  return known;
}

function withNews<T>(before: Latest<T>, news: News<T>): Latest<T> {
  if (news === null) return { latest: null, problem: null };
  return 'problem' in news ? { ...before, problem: news.problem } : { latest: news.value, problem: null };
}
