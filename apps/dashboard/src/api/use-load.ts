// Loads something once a page is shown: loading, then either the value or the problem, with a way to try again.
import { useCallback, useEffect, useState } from 'react';
import { ApiProblem } from './problem.ts';

/** Where a load stands. */
export type Load<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly problem: ApiProblem }
  | { readonly state: 'ready'; readonly value: T };

/** A load, with what a page may do about it. */
export type Loaded<T> = Load<T> & {
  readonly reload: () => void;
  /** Shows a newer value that came by another way: the reply to a change. */
  readonly replace: (value: T) => void;
};

/** `load` must be stable (useCallback): a new function is a new load, and nobody hears of the old one any more. */
export function useLoad<T>(load: () => Promise<T>): Loaded<T> {
  const [result, setResult] = useState<Load<T>>({ state: 'loading' });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const replace = useCallback((value: T) => setResult({ state: 'ready', value }), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is a new load.
  useEffect(() => {
    let isHeard = true;
    setResult({ state: 'loading' });
    load().then(
      (value) => {
        if (isHeard) setResult({ state: 'ready', value });
      },
      (error: unknown) => {
        if (isHeard) setResult({ state: 'failed', problem: ApiProblem.from(error) });
      },
    );
    return () => {
      isHeard = false;
    };
  }, [load, round]);

  return { ...result, reload, replace };
}
