// Idempotency keys: what was created under one is answered again, and not created again.
import {
  type Catalog,
  type Change,
  findKeptReply,
  type KeptReply,
  type KeyAuthor,
  keepReply,
  ReplyKeptError,
  type RequestName,
} from '@weir/catalog';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../errors.ts';

/** Runs what creates something in one transaction. */
export type Create<Reply> = (write: (change: Change) => Promise<Reply>) => Promise<Reply>;

/**
 * Performs a creation, or repeats its reply if it was made under the same Idempotency-Key in the last 24 hours.
 * Only what succeeded is kept, and nothing of an `Other`, which creates nothing. Throws ApiError `idempotency-key-reused` for a key of another body.
 */
export async function once<Reply, Other = never>(
  { catalog, author }: { readonly catalog: Catalog; readonly author: KeyAuthor },
  request: FastifyRequest,
  reply: FastifyReply,
  perform: (create: Create<Reply>) => Promise<Reply | Other>,
): Promise<Reply | Other> {
  const idempotencyKey = request.headers['idempotency-key'] as string | undefined;
  if (idempotencyKey === undefined) return perform((write) => catalog.change(author, write));
  const { apiKeyId } = author;
  const route = `${request.method} ${request.url.split('?', 1)[0]}`;
  const name: RequestName = { apiKeyId, route, idempotencyKey };
  // The schema has put the fields into its own order, so that equal bodies are equal texts.
  const asked = JSON.stringify(request.body);
  const before = await findKeptReply(catalog, name);
  if (before !== null) return repeat<Reply>(before, asked, reply);
  try {
    return await perform((write) =>
      catalog.change(author, async (change) => {
        const made = await write(change);
        const location = reply.getHeader('location');
        await keepReply(change, name, {
          asked,
          reply: made,
          location: typeof location === 'string' ? location : null,
        });
        return made;
      }),
    );
  } catch (error) {
    if (!(error instanceof ReplyKeptError)) throw error;
    const meanwhile = await findKeptReply(catalog, name);
    if (meanwhile === null) throw error;
    return repeat<Reply>(meanwhile, asked, reply);
  }
}

function repeat<Reply>(kept: KeptReply, asked: string, reply: FastifyReply): Reply {
  if (kept.asked !== asked) throw new ApiError('idempotency-key-reused');
  reply.header('idempotency-replayed', 'true');
  if (kept.location !== null) reply.header('location', kept.location);
  return kept.reply as Reply;
}
