// Loads something once a page is shown: loading, then either the value or the problem, with a way to try again.
import { useCallback, useEffect, useState } from 'react';
import { ApiProblem } from './problem.ts';

/** Where a load stands. */
export type Load<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly problem: ApiProblem }
  | { readonly state: 'ready'; readonly value: T };

/** `load` must be stable (useCallback): a new function is a new load, and the old one is given up. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>): Load<T> & { reload: () => void } {
  const [result, setResult] = useState<Load<T>>({ state: 'loading' });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((before) => before + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is a new load.
  useEffect(() => {
    const giveUp = new AbortController();
    setResult({ state: 'loading' });
    load(giveUp.signal).then(
      (value) => {
        if (!giveUp.signal.aborted) setResult({ state: 'ready', value });
      },
      (error: unknown) => {
        if (!giveUp.signal.aborted) setResult({ state: 'failed', problem: ApiProblem.from(error) });
      },
    );
    return () => giveUp.abort();
  }, [load, round]);

  return { ...result, reload };
}
