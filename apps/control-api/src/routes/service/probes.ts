// For those who watch the process: is it alive, may callers be sent here, and its metrics. No key is needed.
import { countUnsent } from '@weir/catalog';
import type { AddRoute } from '../../parts.ts';

export const addProbes: AddRoute = (app, { catalog, fleet, metrics }) => {
  const schema = { hide: true };
  app.get('/healthz', { schema }, async () => ({ ok: true }));

  // Shared state is told but not asked for: changes are taken without it, and published when it is back.
  app.get('/readyz', { schema }, async (_request, reply) => {
    const catalogAnswers = await catalog.ping().then(
      () => true,
      () => false,
    );
    const unpublished = catalogAnswers ? await countUnsent(catalog).catch(() => null) : null;
    reply.code(catalogAnswers ? 200 : 503).header('cache-control', 'no-store');
    return {
      ok: catalogAnswers,
      detail: { catalog: catalogAnswers, sharedState: fleet.healthy(), unpublished },
    };
  });

  app.get('/metrics', { schema }, async (_request, reply) => {
    reply.type(metrics.contentType);
    return metrics.text();
  });
};
