// The client that the contract gives, for the API of a test.
import { type ApiClient, createApiClient } from '@weir/api-contract';

/** Calls the API at `url` with a key. */
export function clientOf(url: string, key: string): ApiClient {
  return createApiClient(async ({ method, path, headers, body }) => {
    const reply = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...headers },
      body,
    });
    return { status: reply.status, text: await reply.text() };
  });
}
