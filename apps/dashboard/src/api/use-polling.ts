// Asks the API again and again for as long as something is drawn: each second while the page is seen, never while it is hidden.
import { useEffect } from 'react';
import { ApiProblem } from './problem.ts';

const periodMs = 1000;

/** What came of one question; null: a new round of questions has begun, about something else. */
export type News<T> = { readonly value: T } | { readonly problem: ApiProblem } | null;

/**
 * Polls from mount to unmount. One request at a time: the next second is counted from the reply. Both functions must be
 * stable (useCallback): a new `ask` is a new round, and nobody hears of the old one.
 */
export function usePolling<T>(ask: () => Promise<T>, hear: (news: News<T>) => void): void {
  useEffect(() => {
    hear(null);
    let isHeard = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = false;

    const askOnce = async () => {
      clearTimeout(timer);
      if (document.hidden || asking) return;
      asking = true;
      try {
        const value = await ask();
        if (isHeard) hear({ value });
      } catch (error) {
        if (isHeard) hear({ problem: ApiProblem.from(error) });
      } finally {
        asking = false;
        if (isHeard) timer = setTimeout(askOnce, periodMs);
      }
    };

    document.addEventListener('visibilitychange', askOnce);
    void askOnce();
    return () => {
      isHeard = false;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', askOnce);
    };
  }, [ask, hear]);
}
