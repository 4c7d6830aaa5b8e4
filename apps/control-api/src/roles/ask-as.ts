// A conversation with an endpoint's database as one of its roles.
import { type EndpointRecord, openServicePassword } from '@weir/catalog';
import type pg from 'pg';
import { ApiError } from '../errors.ts';
import type { Parts } from '../parts.ts';
import { askUpstream, probeOptions } from '../upstream/ask-upstream.ts';

/** Rejects with ApiError, naming no field: the request does not hold the address. */
export async function askAs<T>(
  { config }: Pick<Parts, 'config'>,
  endpoint: EndpointRecord,
  login: { readonly user: string; readonly password: string },
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { host, port, tlsMode, caPem } = endpoint.upstream;
  const target = { host, port, tlsMode, caPem, database: endpoint.defaultDatabase, ...login };
  try {
    return await askUpstream(target, probeOptions(config), use);
  } catch (error) {
    if (!(error instanceof ApiError) || error.faults === undefined) throw error;
    throw new ApiError(error.slug, { detail: error.message, cause: error.cause });
  }
}

/** As the role that Weir asks its own questions as. */
export async function askAsService<T>(
  parts: Pick<Parts, 'config' | 'catalog'>,
  endpoint: EndpointRecord,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const password = await openServicePassword(parts.catalog, endpoint.id);
  if (password === null) throw new ApiError('endpoint-not-found');
  return askAs(parts, endpoint, { user: endpoint.serviceRole, password }, use);
}
