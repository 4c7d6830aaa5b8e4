// Changing an endpoint as it is shown: another person's change since then is not overwritten.
import type { EndpointReply } from '@weir/api-contract';
import { useSession } from '../session.tsx';
import { type Action, useAction } from './use-action.ts';

type EndpointChange = Parameters<ReturnType<typeof useSession>['api']['changeEndpoint']>[0]['body'];

/** `onChanged` gets the endpoint as it is after the change. */
export function useEndpointChange(
  endpoint: EndpointReply,
  onChanged: (endpoint: EndpointReply) => void,
): Omit<Action, 'run'> & { readonly change: (body: EndpointChange) => Promise<void> } {
  const { api } = useSession();
  const { run, ...action } = useAction();
  const change = async (body: EndpointChange) => {
    const params = { endpointId: endpoint.id };
    const changed = await run(() => api.changeEndpoint({ params, body, ifGeneration: endpoint.generation }));
    if (changed !== null) onChanged(changed);
  };
  return { ...action, change };
}
