// Asks the API again and again for as long as something is drawn: each second while the page is seen, never while it is hidden.
import { useEffect } from 'react';
import { ApiProblem } from './problem.ts';

const periodMs = 1000;

/** What came of one question; null: a new round of questions has begun, about something else. */
export type News<T> = { readonly value: T } | { readonly problem: ApiProblem } | null;

/**
 * Polls from mount to unmount. One request at a time: the next second is counted from the reply. Both functions must be
 * stable (useCallback): a new `ask` is a new round, and the old one is given up.
 */
export function usePolling<T>(ask: (signal: AbortSignal) => Promise<T>, hear: (news: News<T>) => void): void {
  useEffect(() => {
    hear(null);
    const giveUp = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = false;

    const askOnce = async () => {
      clearTimeout(timer);
      if (document.hidden || asking) return;
      asking = true;
      try {
        const value = await ask(giveUp.signal);
        if (!giveUp.signal.aborted) hear({ value });
      } catch (error) {
        if (!giveUp.signal.aborted) hear({ problem: ApiProblem.from(error) });
      } finally {
        asking = false;
        if (!giveUp.signal.aborted) timer = setTimeout(askOnce, periodMs);
      }
    };

    document.addEventListener('visibilitychange', askOnce);
    void askOnce();
    return () => {
      giveUp.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', askOnce);
    };
  }, [ask, hear]);
}
