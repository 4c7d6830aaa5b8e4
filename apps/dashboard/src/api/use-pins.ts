// Follows which server connections of an endpoint are pinned.
import type { ApiClient, EndpointPinsReply } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import type { ApiProblem } from './problem.ts';
import { type News, usePolling } from './use-polling.ts';

/** What is known now. `problem` is set while the API does not answer; `latest` is then the last that it said. */
export interface Pins {
  readonly latest: EndpointPinsReply | null;
  readonly problem: ApiProblem | null;
}

const nothingYet: Pins = { latest: null, problem: null };

/** Polls from mount to unmount. */
export function usePins(api: ApiClient, endpointId: string): Pins {
  const [pins, setPins] = useState<Pins>(nothingYet);
  usePolling(
    useCallback(() => api.getPins({ params: { endpointId } }), [api, endpointId]),
    useCallback((news: News<EndpointPinsReply>) => setPins((before) => withNews(before, news)), []),
  );
  return pins;
}

function withNews(before: Pins, news: News<EndpointPinsReply>): Pins {
  if (news === null) return nothingYet;
  return 'problem' in news ? { ...before, problem: news.problem } : { latest: news.value, problem: null };
}
