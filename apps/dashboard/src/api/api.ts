// The HTTP API as the dashboard calls it: one method a call, replies checked against the contract's schemas.
import {
  apiPaths,
  type CreateTenantInput,
  type CreateTenantReply,
  createTenantReplySchema,
  type EndpointActivityReply,
  type EndpointPinsReply,
  endpointActivitySchema,
  endpointPinsSchema,
  type GetTenantReply,
  getTenantReplySchema,
  type MeReply,
  meSchema,
  type TenantPageReply,
  tenantPageSchema,
} from '@weir/api-contract';
import { ApiProblem, problemOf, unreachable } from './problem.ts';

interface Request {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

/** Calls made with one API key. Each rejects with ApiProblem. */
export class Api {
  readonly #key: string;
  readonly #onUnauthorized: () => void;

  /** `onUnauthorized` is told when the key is no longer taken. */
  constructor(key: string, onUnauthorized: () => void = () => {}) {
    this.#key = key;
    this.#onUnauthorized = onUnauthorized;
  }

  me(signal?: AbortSignal): Promise<MeReply> {
    return this.#ask(apiPaths.me(), meSchema, { signal });
  }

  /** A page of tenants; `cursor` is what the page before named as next. */
  tenants(cursor: string | null, signal?: AbortSignal): Promise<TenantPageReply> {
    const query = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    return this.#ask(apiPaths.tenants() + query, tenantPageSchema, { signal });
  }

  tenant(tenantId: string, signal?: AbortSignal): Promise<GetTenantReply> {
    return this.#ask(apiPaths.tenant(tenantId), getTenantReplySchema, { signal });
  }

  /** Takes up to 10 s, since the database is tried before anything is kept. */
  createTenant(body: CreateTenantInput): Promise<CreateTenantReply> {
    return this.#ask(apiPaths.tenants(), createTenantReplySchema, { method: 'POST', body });
  }

  async deleteTenant(tenantId: string): Promise<void> {
    await this.#send(apiPaths.tenant(tenantId), { method: 'DELETE' });
  }

  activity(endpointId: string, signal?: AbortSignal): Promise<EndpointActivityReply> {
    return this.#ask(apiPaths.activity(endpointId), endpointActivitySchema, { signal });
  }

  pins(endpointId: string, signal?: AbortSignal): Promise<EndpointPinsReply> {
    return this.#ask(apiPaths.pins(endpointId), endpointPinsSchema, { signal });
  }

  async #ask<T>(path: string, schema: Schema<T>, request: Request): Promise<T> {
    const reply = await this.#send(path, request);
    const value = await reply.json().catch(() => null);
    const checked = schema.safeParse(value);
    if (checked.success) return checked.data;
    throw new ApiProblem({
      status: reply.status,
      title: 'The API answered in a way this page does not know',
      detail: `${path} has another shape than expected.`,
      action: 'Reload the page; Weir may have been updated since it was opened.',
    });
  }

  async #send(path: string, { method = 'GET', body, signal }: Request): Promise<Response> {
    const headers: Record<string, string> = {
      authorization: `Bearer ${this.#key}`,
      accept: 'application/json',
    };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init: RequestInit = {
      method,
      headers,
      signal: signal ?? null,
      cache: 'no-store',
      credentials: 'omit',
    };
    if (body !== undefined) init.body = JSON.stringify(body);
    let reply: Response;
    try {
      reply = await fetch(path, init);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw unreachable();
    }
    if (reply.ok) return reply;
    if (reply.status === 401) this.#onUnauthorized();
    throw await problemOf(reply);
  }
}
