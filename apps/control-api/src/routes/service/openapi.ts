// The API's own description: the OpenAPI document, and what each kind of problem means.
import { z } from 'zod';
import { ApiError, problems } from '../../errors.ts';
import type { AddRoute } from '../../parts.ts';

const definitionSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  action: z.string(),
});

export const addOpenApi: AddRoute = (app) => {
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());

  app.get(
    '/problems/:slug',
    {
      schema: {
        operationId: 'getProblem',
        summary: 'What a kind of problem means',
        tags: ['service'],
        params: z.strictObject({ slug: z.string() }),
        response: { 200: definitionSchema },
      },
    },
    async (request) => {
      const { slug } = request.params;
      if (!Object.hasOwn(problems, slug)) throw new ApiError('no-such-route');
      return { type: `/problems/${slug}`, ...problems[slug as keyof typeof problems] };
    },
  );
};
