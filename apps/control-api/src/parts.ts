// What routes and use cases are given: the parts that compose.ts joined.
import type { Catalog } from '@weir/catalog';
import type { Fleet } from '@weir/fleet';
import type { Logger, Metrics } from '@weir/telemetry';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { KeyUse } from './callers/key-use.ts';
import type { ControlApiConfig } from './config.ts';
import type { Turns } from './credentials/turns.ts';
import type { EventStreams } from './live/event-stream.ts';
import type { ReportFeed } from './live/report-feed.ts';
import type { IssuerKeys } from './trust/issuer-keys.ts';

/** What is watched as it happens. */
export interface Live {
  readonly feed: ReportFeed;
  readonly streams: EventStreams;
}

export interface Parts {
  readonly config: ControlApiConfig;
  readonly catalog: Catalog;
  readonly fleet: Fleet;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly keyUse: KeyUse;
  readonly live: Live;
  readonly issuerKeys: IssuerKeys;
  /** By endpoint: each credential is made under its lock. */
  readonly lending: Turns;
}

/** Fastify as the routes see it. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Adds routes that need no key. */
export type AddRoute = (app: App, parts: Parts) => void;
