// Follows what goes on at an endpoint, with the last minute of it for the small curves.
import type { ApiClient, EndpointActivityReply } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import type { ApiProblem } from './problem.ts';
import { type News, usePolling } from './use-polling.ts';

/** Values of the last minute; one a second. */
export const historySlots = 60;

/** What is known now. `problem` is set while the API does not answer; `latest` is then the last that it said. */
export interface Activity {
  readonly latest: EndpointActivityReply | null;
  readonly history: readonly EndpointActivityReply[];
  readonly problem: ApiProblem | null;
}

const nothingYet: Activity = { latest: null, history: [], problem: null };

/** Polls from mount to unmount. */
export function useActivity(api: ApiClient, endpointId: string): Activity {
  const [activity, setActivity] = useState<Activity>(nothingYet);
  usePolling(
    useCallback(() => api.getActivity({ params: { endpointId } }), [api, endpointId]),
    useCallback((news: News<EndpointActivityReply>) => setActivity((before) => withNews(before, news)), []),
  );
  return activity;
}

function withNews(before: Activity, news: News<EndpointActivityReply>): Activity {
  if (news === null) return nothingYet;
  if ('problem' in news) return { ...before, problem: news.problem };
  return { latest: news.value, history: [...before.history, news.value].slice(-historySlots), problem: null };
}
