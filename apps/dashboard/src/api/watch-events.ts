// Reads a reply of the API that goes on as server-sent events. The browser's EventSource sends no key, so this is fetch.
import { createEventReader, eventsContentType } from '@weir/api-contract';
import { request } from './client.ts';
import { problemOf, unknownReply } from './problem.ts';

interface Watch<Value> {
  readonly path: string;
  readonly key: string;
  readonly schema: { safeParse(value: unknown): { success: true; data: Value } | { success: false } };
  readonly signal: AbortSignal;
}

/** Resolves when the stream has ended, as it does now and then. Rejects with ApiProblem, or as the signal is aborted. */
export async function watchEvents<Value>(
  { path, key, schema, signal }: Watch<Value>,
  hear: (value: Value) => void,
): Promise<void> {
  const reply = await request(path, key, { headers: { accept: eventsContentType }, signal });
  if (!reply.ok || reply.body === null) throw problemOf(reply.status, await reply.text());
  const read = createEventReader();
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value: text, done } = await reader.read();
    if (done) return;
    for (const data of read(text)) {
      const checked = schema.safeParse(JSON.parse(data));
      if (!checked.success) throw unknownReply(reply.status);
      hear(checked.data);
    }
  }
}
