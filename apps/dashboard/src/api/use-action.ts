// Something that a person asks for by a button: at work, then done or failed, and never twice at the same time.
import { useState } from 'react';
import { ApiProblem } from './problem.ts';

export interface Action {
  readonly isBusy: boolean;
  readonly problem: ApiProblem | null;
  /** Does it, unless it is being done. Resolves to the result, or to null where there is none. */
  readonly run: <T>(act: () => Promise<T>) => Promise<T | null>;
  /** Forgets the problem, as when what it was about has changed. */
  readonly clear: () => void;
}

export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const run = async <T>(act: () => Promise<T>): Promise<T | null> => {
    if (isBusy) return null;
    setBusy(true);
    setProblem(null);
    try {
      return await act();
    } catch (error) {
      setProblem(ApiProblem.from(error));
      return null;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, run, clear: () => setProblem(null) };
}
