// Takes a role that the database has already: with its password, which is tried out, or with what the database knows of it.
import type { ImportRoleBody } from '@weir/api-contract';
import { type EndpointRecord, keepRole, type RoleRecord, type RoleSecret } from '@weir/catalog';
import { ApiError } from '../errors.ts';
import type { Parts } from '../parts.ts';
import type { Create } from '../routes/once.ts';
import { readRoleSecret } from '../upstream/server-facts.ts';
import { askAs, askAsService } from './ask-as.ts';
import { readVerifier } from './role-statements.ts';

/** Resolves to what `show` makes of it. Throws ApiError; then nothing was changed. */
export async function importRole<Reply>(
  parts: Parts,
  endpoint: EndpointRecord,
  { name, password }: ImportRoleBody,
  create: Create<Reply>,
  show: (role: RoleRecord) => Reply,
): Promise<Reply> {
  const secret =
    password === undefined
      ? await secretByVerifier(parts, endpoint, name)
      : await secretByPassword(parts, endpoint, name, password);
  return create(async (change) => {
    const role = await keepRole(change, endpoint.id, 'role.import', secret);
    if (role === null) throw new ApiError('endpoint-not-found');
    parts.log.info({ endpointId: endpoint.id, role: name }, 'importing a role');
    return show(role);
  });
}

async function secretByPassword(
  parts: Parts,
  endpoint: EndpointRecord,
  name: string,
  password: string,
): Promise<RoleSecret> {
  try {
    return await askAs(parts, endpoint, { user: name, password }, (client) =>
      readRoleSecret(client, { user: name, password }),
    );
  } catch (error) {
    if (!(error instanceof ApiError) || error.slug !== 'upstream-password-wrong') throw error;
    const faults = [{ field: 'password', message: error.message }];
    throw new ApiError(error.slug, { detail: error.message, faults, cause: error.cause });
  }
}

async function secretByVerifier(parts: Parts, endpoint: EndpointRecord, name: string): Promise<RoleSecret> {
  // Weir's own password is kept anyway; without it the endpoint could not be asked anything.
  if (name === endpoint.serviceRole) throw new ApiError('role-is-service-role');
  const read = await askAsService(parts, endpoint, (client) =>
    readVerifier(client, endpoint.authQuery, name),
  ).catch((error: unknown) => {
    if (error instanceof ApiError && error.slug === 'upstream-permission-missing') return null;
    throw error;
  });
  if (read === null) throw new ApiError('upstream-verifier-missing');
  return { name, password: null, verifierIsServers: true, ...read };
}
