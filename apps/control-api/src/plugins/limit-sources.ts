// How many requests a minute a source may make to operations that need no key.
import { plainAddress, sourceOf } from '@weir/net';
import type { App } from '../parts.ts';
import { createRateLimit } from './limit-rate.ts';

/** Holds for every route of `app`, before anything of a request's body is read. */
export function limitSources(app: App, requestsPerMinute: number): void {
  const limitRate = createRateLimit(app, requestsPerMinute, ({ ip }) => sourceOf(plainAddress(ip)));
  app.addHook('onRequest', limitRate);
}
