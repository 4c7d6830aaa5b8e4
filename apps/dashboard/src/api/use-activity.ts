// Follows what goes on at an endpoint: asks each second while the page is seen, rests while it is hidden.
import type { EndpointActivityReply } from '@weir/api-contract';
import { useEffect, useState } from 'react';
import type { Api } from './api.ts';
import { ApiProblem } from './problem.ts';

const periodMs = 1000;

/** Values of the last minute; one a second. */
export const historySlots = 60;

/** What is known now. `problem` is set while the API does not answer; `latest` is then the last that it said. */
export interface Activity {
  readonly latest: EndpointActivityReply | null;
  readonly history: readonly EndpointActivityReply[];
  readonly problem: ApiProblem | null;
}

const nothingYet: Activity = { latest: null, history: [], problem: null };

/** Polls from mount to unmount. One request at a time: the next second is counted from the reply. */
export function useActivity(api: Api, endpointId: string): Activity {
  const [activity, setActivity] = useState<Activity>(nothingYet);

  useEffect(() => {
    setActivity(nothingYet);
    const giveUp = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = false;

    const ask = async () => {
      clearTimeout(timer);
      if (document.hidden || asking) return;
      asking = true;
      try {
        const latest = await api.activity(endpointId, giveUp.signal);
        if (!giveUp.signal.aborted) setActivity((before) => withLatest(before, latest));
      } catch (error) {
        if (!giveUp.signal.aborted) setActivity((before) => ({ ...before, problem: ApiProblem.from(error) }));
      } finally {
        asking = false;
        if (!giveUp.signal.aborted) timer = setTimeout(ask, periodMs);
      }
    };

    document.addEventListener('visibilitychange', ask);
    void ask();
    return () => {
      giveUp.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', ask);
    };
  }, [api, endpointId]);

  return activity;
}

function withLatest(before: Activity, latest: EndpointActivityReply): Activity {
  return { latest, history: [...before.history, latest].slice(-historySlots), problem: null };
}
