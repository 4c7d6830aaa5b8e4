// The API as the dashboard calls it: the client that is made from the contract, over the browser's fetch, with one key.
import { type ApiClient, createApiClient, type SendRequest } from '@weir/api-contract';
import { unreachable } from './problem.ts';

/** Calls made with one API key; each rejects with what `ApiProblem.from` reads. `onUnauthorized`: the key is not taken. */
export function apiWith(key: string, onUnauthorized: () => void = () => {}): ApiClient {
  return createApiClient(sendWith(key, onUnauthorized));
}

function sendWith(key: string, onUnauthorized: () => void): SendRequest {
  return async ({ method, path, headers, body }) => {
    const reply = await request(path, key, { method, headers, body });
    if (reply.status === 401) onUnauthorized();
    return { status: reply.status, text: await reply.text().catch(() => '') };
  };
}

/** A request with the key, and nothing kept of it. Rejects with ApiProblem if no reply comes, as given up by its signal. */
export async function request(path: string, key: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, {
      ...init,
      headers: { accept: 'application/json', ...init.headers, authorization: `Bearer ${key}` },
      cache: 'no-store',
      credentials: 'omit',
    });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw unreachable();
  }
}
