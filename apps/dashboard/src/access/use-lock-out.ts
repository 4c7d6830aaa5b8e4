// Asks the API whom a list of allowed addresses would lock out, as it is typed.
import type { EndpointReply } from '@weir/api-contract';
import { useEffect, useState } from 'react';
import { ApiProblem } from '../api/problem.ts';
import { useSession } from '../session.tsx';
import { type LockOut, lockOutOf } from './lock-out.ts';

/** What is known of one list; null: it is being asked, or there is nothing to ask. */
export type Tried = { readonly lockOut: LockOut } | { readonly problem: ApiProblem } | null;

// While somebody types only the last letter is worth a question.
const typingPauseMs = 250;

/** `allowed`: the list to be; undefined: there is none to ask about. */
export function useLockOut(endpoint: EndpointReply, allowed: readonly string[] | null | undefined): Tried {
  const { api } = useSession();
  const [tried, setTried] = useState<Tried>(null);
  const { id, settings } = endpoint;
  // Of equal lists only one is asked about.
  const list = allowed === undefined ? null : JSON.stringify(allowed);
  const inForce = JSON.stringify(settings.allowedAddresses);

  useEffect(() => {
    setTried(null);
    if (list === null) return;
    let isHeard = true;
    const ask = (text: string) =>
      api.tryAddresses({ params: { endpointId: id }, body: { allowedAddresses: JSON.parse(text) } });
    const timer = setTimeout(() => {
      Promise.all([ask(inForce), ask(list)]).then(
        ([before, after]) => isHeard && setTried({ lockOut: lockOutOf(before, after) }),
        (error: unknown) => isHeard && setTried({ problem: ApiProblem.from(error) }),
      );
    }, typingPauseMs);
    return () => {
      isHeard = false;
      clearTimeout(timer);
    };
  }, [api, id, list, inForce]);
  return tried;
}
