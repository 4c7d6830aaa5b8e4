// Asks the API whether a database can be used, at each pause of who names it; nobody hears of an answer to something older.
import type { UpstreamInput, UpstreamProbeReply } from '@weir/api-contract';
import { useEffect, useState } from 'react';
import { ApiProblem } from '../api/problem.ts';
import { useSession } from '../session.tsx';

export type ProbeState =
  /** Something that it takes is missing. */
  | { readonly state: 'incomplete' }
  | { readonly state: 'checking' }
  | { readonly state: 'ok'; readonly found: UpstreamProbeReply }
  | { readonly state: 'failed'; readonly problem: ApiProblem };

// Long enough that a password is seldom tried half typed: servers may count wrong ones.
const pauseMs = 900;

/** Follows `upstream`, null where it is not complete. `again` asks once more for the same. */
export function useProbe(upstream: UpstreamInput | null): ProbeState & { readonly again: () => void } {
  const { api } = useSession();
  const [round, setRound] = useState(0);
  const [answer, setAnswer] = useState<{ readonly of: string; readonly is: ProbeState } | null>(null);
  const question = upstream === null ? null : JSON.stringify({ round, upstream });

  useEffect(() => {
    if (question === null) return;
    let isHeard = true;
    const hear = (is: ProbeState) => {
      if (isHeard) setAnswer({ of: question, is });
    };
    const timer = setTimeout(() => {
      const { upstream: asked } = JSON.parse(question) as { upstream: UpstreamInput };
      api.probeUpstream({ body: { upstream: asked } }).then(
        (found) => hear({ state: 'ok', found }),
        (error: unknown) => hear({ state: 'failed', problem: ApiProblem.from(error) }),
      );
    }, pauseMs);
    return () => {
      isHeard = false;
      clearTimeout(timer);
    };
  }, [api, question]);

  return { ...probeOf(question, answer), again: () => setRound((before) => before + 1) };
}

function probeOf(question: string | null, answer: { of: string; is: ProbeState } | null): ProbeState {
  if (question === null) return { state: 'incomplete' };
  return answer?.of === question ? answer.is : { state: 'checking' };
}
