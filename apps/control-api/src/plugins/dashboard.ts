// Serves the built dashboard, and says «nothing here» as a page or as a problem, whichever was asked for.
import fastifyStatic from '@fastify/static';
import { ApiError } from '../errors.ts';
import type { App } from '../parts.ts';
import { sendProblem } from './error-reply.ts';

// The dashboard brings all it needs, and may send its key nowhere but here.
const contentSecurityPolicy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Null: no dashboard; unknown paths are problems alone. */
export function addDashboard(app: App, dashboardDir: string | null): void {
  if (dashboardDir !== null) {
    app.register(fastifyStatic, {
      root: dashboardDir,
      cacheControl: false,
      setHeaders(reply, path) {
        // Files under assets/ have a hash of their content in their name.
        const forEver = /[\\/]assets[\\/]/.test(path);
        reply.header('cache-control', forEver ? 'public, max-age=31536000, immutable' : 'no-cache');
        reply.header('content-security-policy', contentSecurityPolicy);
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!;
    const isPage =
      dashboardDir !== null &&
      (request.method === 'GET' || request.method === 'HEAD') &&
      !/^\/(v1|problems)(\/|$)/.test(path) &&
      // A file that is missing is missing; only the dashboard's own addresses are answered with its page.
      !/\.[a-z0-9]+$/i.test(path);
    return isPage ? reply.sendFile('index.html') : sendProblem(request, reply, new ApiError('no-such-route'));
  });
}
