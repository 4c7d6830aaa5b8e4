// Operations on the roles of an endpoint.
import { pathOf } from '@weir/api-contract';
import { endOverlap as end, findRole, forgetRole, listRoles as readRoles } from '@weir/catalog';
import { ApiError } from '../../errors.ts';
import { askAsService } from '../../roles/ask-as.ts';
import { importRole as takeRole } from '../../roles/import-role.ts';
import { provisionRole } from '../../roles/provision-role.ts';
import { rolePasswordReply, roleReply } from '../../roles/replies.ts';
import { dropDatabaseRole } from '../../roles/role-statements.ts';
import { rotateRole as rotate } from '../../roles/rotate-role.ts';
import { findOwnEndpoint } from '../../tenants/find-own-endpoint.ts';
import type { Perform } from '../operation.ts';

export const createRole: Perform<'createRole'> = async ({ params, body, caller, create, reply }, parts) => {
  const endpoint = await findOwnEndpoint(parts, caller.organisationId, params.endpointId);
  return provisionRole(parts, endpoint, body, create, (role, password) => {
    reply.header('location', pathOf('getRole', { endpointId: endpoint.id, roleName: role.name }));
    return rolePasswordReply(endpoint, role, password, parts.config);
  });
};

export const importRole: Perform<'importRole'> = async ({ params, body, caller, create, reply }, parts) => {
  const endpoint = await findOwnEndpoint(parts, caller.organisationId, params.endpointId);
  return takeRole(parts, endpoint, body, create, (role) => {
    reply.header('location', pathOf('getRole', { endpointId: endpoint.id, roleName: role.name }));
    return roleReply(endpoint, role);
  });
};

export const listRoles: Perform<'listRoles'> = async ({ params, query, caller }, parts) => {
  const endpoint = await findOwnEndpoint(parts, caller.organisationId, params.endpointId);
  const { limit, cursor } = query;
  const found = await readRoles(parts.catalog, endpoint.id, { limit: limit + 1, afterName: cursor });
  const items = found.slice(0, limit).map((role) => roleReply(endpoint, role));
  return { items, nextCursor: found.length > limit ? (items.at(-1)?.name ?? null) : null };
};

export const getRole: Perform<'getRole'> = async ({ params, caller }, parts) => {
  const endpoint = await findOwnEndpoint(parts, caller.organisationId, params.endpointId);
  const role = await findRole(parts.catalog, endpoint.id, params.roleName);
  if (role === null) throw new ApiError('role-not-found');
  return roleReply(endpoint, role);
};

export const rotateRole: Perform<'rotateRole'> = async ({ params, body, author, create }, parts) => {
  const endpoint = await findOwnEndpoint(parts, author.organisationId, params.endpointId);
  const overlapMs = body.overlapSeconds * 1000;
  return rotate(parts, author, endpoint, params.roleName, overlapMs, create, (role, password) =>
    rolePasswordReply(endpoint, role, password, parts.config),
  );
};

export const endOverlap: Perform<'endOverlap'> = async ({ params, author }, parts) => {
  const { roleName } = params;
  const endpoint = await findOwnEndpoint(parts, author.organisationId, params.endpointId);
  const role = await parts.catalog.change(author, (change) => end(change, endpoint.id, roleName));
  if (role === 'absent') throw new ApiError('role-not-found');
  if (role === 'unfinished') throw new ApiError('rotation-unfinished');
  parts.log.info({ endpointId: endpoint.id, role: roleName }, 'overlap of a rotation ended');
  return roleReply(endpoint, role);
};

export const deleteRole: Perform<'deleteRole'> = async ({ params, query, author }, parts) => {
  const { roleName } = params;
  const { catalog, log } = parts;
  const endpoint = await findOwnEndpoint(parts, author.organisationId, params.endpointId);
  if (roleName === endpoint.serviceRole) throw new ApiError('role-is-service-role');
  if ((await findRole(catalog, endpoint.id, roleName)) === null) throw new ApiError('role-not-found');
  // First: a role that cannot be dropped stays known.
  if (query.drop === 'true') {
    await askAsService(parts, endpoint, (client) => dropDatabaseRole(client, roleName));
  }
  const outcome = await catalog.change(author, (change) => forgetRole(change, endpoint.id, roleName));
  if (outcome === 'service') throw new ApiError('role-is-service-role');
  if (outcome === 'absent') throw new ApiError('role-not-found');
  log.info({ endpointId: endpoint.id, role: roleName, drop: query.drop === 'true' }, 'role forgotten');
  return null;
};
