// What goes on at an endpoint as the API tells it each second: one reply that goes on as server-sent events.
import {
  createEventReader,
  type EndpointActivityReply,
  endpointActivitySchema,
  eventsContentType,
  pathOf,
} from '@weir/api-contract';
import { unknownReply } from './api.ts';
import type { ApiAccess } from './choose-api.ts';
import { fetchFrom } from './transport.ts';

/**
 * Of an API whose `url` has no slash at its end. Resolves when the stream has ended, as it does each minute. Rejects with
 * ApiProblem, with CommandError if the API does not answer or not in events, or as the signal is aborted.
 */
export async function watchActivity(
  { url, key }: ApiAccess,
  endpointId: string,
  signal: AbortSignal,
  hear: (reply: EndpointActivityReply) => void,
): Promise<void> {
  const path = pathOf('getActivity', { endpointId });
  const unknown = () => unknownReply(url, 'getActivity', { endpointId });
  const reply = await fetchFrom(url, key, {
    method: 'GET',
    path,
    headers: { accept: eventsContentType },
    signal,
  });
  const isStream = reply.headers.get('content-type')?.startsWith(eventsContentType) ?? false;
  if (!isStream || reply.body === null) {
    await reply.body?.cancel();
    throw unknown();
  }
  const read = createEventReader();
  const decoder = new TextDecoder();
  for await (const bytes of reply.body) {
    for (const data of read(decoder.decode(bytes, { stream: true }))) {
      const checked = endpointActivitySchema.safeParse(JSON.parse(data));
      if (!checked.success) throw unknown();
      hear(checked.data);
    }
  }
}
