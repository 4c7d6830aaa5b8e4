// What an operation of the API is: a row from which route, OpenAPI document, client and authorisation are made.
import type { z } from 'zod';
import type { Scope } from '../scopes.ts';

export interface Operation {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Parameters are written `:name`. */
  readonly path: `/v1/${string}`;
  readonly tag:
    | 'service'
    | 'organisations'
    | 'tenants'
    | 'endpoints'
    | 'roles'
    | 'credentials'
    | 'usage'
    | 'webhooks';
  readonly summary: string;
  readonly description?: string;
  /** Scopes that the calling key must have, all of them; none: any key will do. */
  readonly scopes: readonly Scope[];
  /** Needs no key: what is sent proves what may be done. Limited for each source instead of each key. */
  readonly isOpen?: true;
  /** Only for keys of the organisation that runs the installation. */
  readonly forOperator?: true;
  /** The reply's `generation` is sent as ETag; a change is made only if If-Match, where it is given, holds. */
  readonly hasEtag?: true;
  /** Done at most once for an Idempotency-Key. */
  readonly isIdempotent?: true;
  /** With `Accept: text/event-stream` the reply comes again and again, each time as one event. */
  readonly hasEvents?: true;
  /** For one key, besides what it may ask for altogether. */
  readonly requestsPerMinuteMax?: number;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly status: 200 | 201 | 204;
  readonly reply: z.ZodType;
}
