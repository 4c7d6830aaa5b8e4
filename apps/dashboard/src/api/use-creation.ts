// Something that is made, and with what was typed only once, however often it is asked for until its reply has come.
import { useRef } from 'react';
import { newIdempotencyKey } from './idempotency-key.ts';
import { type Action, useAction } from './use-action.ts';

export interface Creation extends Omit<Action, 'run' | 'clear'> {
  /** Makes it, unless it is being made. Resolves to the reply, or to null where there is none. */
  readonly create: <T>(act: (idempotencyKey: string) => Promise<T>) => Promise<T | null>;
  /** To be called with each change of what is asked for: from then on it is another thing. */
  readonly revise: () => void;
  /** What is wrong with a field of the request, or with one below it. */
  readonly faultOf: (field: string) => string | undefined;
}

export function useCreation(): Creation {
  const { isBusy, problem, run, clear } = useAction();
  const idempotencyKey = useRef(newIdempotencyKey());
  return {
    isBusy,
    problem,
    create: (act) => run(() => act(idempotencyKey.current)),
    revise() {
      clear();
      idempotencyKey.current = newIdempotencyKey();
    },
    faultOf: (field) =>
      problem?.faults.find((fault) => fault.field === field || fault.field.startsWith(`${field}.`))?.message,
  };
}
