// Follows what goes on at an endpoint by the API's events, and keeps the last minutes of it for the charts.
import { type EndpointActivityReply, endpointActivitySchema, pathOf } from '@weir/api-contract';
import { useEffect, useState } from 'react';
import { ApiProblem } from '../api/problem.ts';
import { watchEvents } from '../api/watch-events.ts';
import { useSession } from '../session.tsx';

/** Replies that are kept: five minutes, one a second. */
export const historySlots = 300;

/** What is known now. `problem` is set while the API does not answer; `latest` is then the last that it said. */
export interface Activity {
  readonly latest: EndpointActivityReply | null;
  readonly history: readonly EndpointActivityReply[];
  readonly problem: ApiProblem | null;
}

const nothingYet: Activity = { latest: null, history: [], problem: null };

// Before it is asked again after a failure.
const pauseMs = 1000;

/** Watches from mount to unmount, but not while the page is hidden. */
export function useActivity(endpointId: string): Activity {
  const { key } = useSession();
  const [activity, setActivity] = useState<Activity>(nothingYet);

  useEffect(() => {
    setActivity(nothingYet);
    const path = pathOf('getActivity', { endpointId });
    const hear = (reply: EndpointActivityReply) => setActivity((before) => withReply(before, reply));
    let giveUp: AbortController | null = null;
    const watch = async (signal: AbortSignal) => {
      while (!signal.aborted) {
        try {
          await watchEvents({ path, key, schema: endpointActivitySchema, signal }, hear);
        } catch (error) {
          if (signal.aborted) return;
          setActivity((before) => ({ ...before, problem: ApiProblem.from(error) }));
          await new Promise((done) => setTimeout(done, pauseMs));
        }
      }
    };
    const follow = () => {
      giveUp?.abort();
      giveUp = null;
      if (document.hidden) return;
      giveUp = new AbortController();
      void watch(giveUp.signal);
    };
    document.addEventListener('visibilitychange', follow);
    follow();
    return () => {
      document.removeEventListener('visibilitychange', follow);
      giveUp?.abort();
    };
  }, [endpointId, key]);
  return activity;
}

function withReply(before: Activity, reply: EndpointActivityReply): Activity {
  return { latest: reply, history: [...before.history, reply].slice(-historySlots), problem: null };
}
