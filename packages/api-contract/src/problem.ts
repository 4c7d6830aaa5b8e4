// The shape of every error reply: problem+json (RFC 9457) with what to do about it.
import { z } from 'zod';

export const problemContentType = 'application/problem+json';

export const problemSchema = z
  .object({
    type: z.string().describe('/problems/<slug>, relative to the API; the slug never changes its meaning'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional().describe('What happened this time'),
    action: z.string().describe('What to do about it'),
    errors: z
      .array(
        z.object({
          field: z.string().describe('Dotted path, for instance upstream.port'),
          message: z.string(),
        }),
      )
      .optional(),
    requestId: z.string(),
  })
  .meta({ id: 'Problem' });

export type Problem = z.output<typeof problemSchema>;

/** The slug at the end of a problem's type. */
export function problemSlug(problem: Pick<Problem, 'type'>): string {
  return problem.type.slice(problem.type.lastIndexOf('/') + 1);
}
