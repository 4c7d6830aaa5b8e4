// Creates a role on the database with a password that Weir makes, and keeps that password sealed.
import type { CreateRoleBody } from '@weir/api-contract';
import { type EndpointRecord, keepRole, type RoleRecord } from '@weir/catalog';
import { ApiError } from '../errors.ts';
import type { Parts } from '../parts.ts';
import type { Create } from '../routes/once.ts';
import { askAsService } from './ask-as.ts';
import { newPassword } from './role-passwords.ts';
import { createDatabaseRole, dropDatabaseRole } from './role-statements.ts';

/** Resolves to what `show` makes of it. Throws ApiError; then neither the database nor the catalog has the role. */
export async function provisionRole<Reply>(
  parts: Parts,
  endpoint: EndpointRecord,
  { name, memberOf }: CreateRoleBody,
  create: Create<Reply>,
  show: (role: RoleRecord, password: string) => Reply,
): Promise<Reply> {
  const { password, verifier } = await newPassword();
  await askAsService(parts, endpoint, (client) => createDatabaseRole(client, { name, verifier, memberOf }));
  const secret = { name, password, verifier, verifierIsServers: true, validUntil: null };
  try {
    return await create(async (change) => {
      const role = await keepRole(change, endpoint.id, 'role.create', secret);
      if (role === null) throw new ApiError('endpoint-not-found');
      parts.log.info({ endpointId: endpoint.id, role: name }, 'creating a role');
      return show(role, password);
    });
  } catch (error) {
    // Nobody will ever know its password.
    await askAsService(parts, endpoint, (client) => dropDatabaseRole(client, name)).catch((cause) =>
      parts.log.warn({ err: cause, role: name }, 'a role that was created in vain is left in the database'),
    );
    throw error;
  }
}
