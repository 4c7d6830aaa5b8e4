// Roles as the API shows them.
import type { RolePasswordReply, RoleReply } from '@weir/api-contract';
import type { EndpointRecord, RoleRecord } from '@weir/catalog';
import type { ControlApiConfig } from '../config.ts';
import { connectionStringsReply } from '../tenants/connection-strings.ts';

export function roleReply(endpoint: EndpointRecord, role: RoleRecord): RoleReply {
  const { name, verifierIsServers, validUntil, rotation, rotatedAt, createdAt, updatedAt } = role;
  return {
    name,
    isServiceRole: name === endpoint.serviceRole,
    keeps: role.hasPassword ? 'password' : 'verifier',
    verifierIsServers,
    validUntil: validUntil?.toISOString() ?? null,
    rotation:
      rotation === null
        ? null
        : {
            isFinished: rotation.isFinished,
            previousUntil: rotation.previousUntil?.toISOString() ?? null,
          },
    rotatedAt: rotatedAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

export function rolePasswordReply(
  endpoint: EndpointRecord,
  role: RoleRecord,
  password: string,
  config: Pick<ControlApiConfig, 'domain' | 'publicPort'>,
): RolePasswordReply {
  return {
    role: roleReply(endpoint, role),
    password,
    connectionStrings: connectionStringsReply(endpoint, config, { role: role.name, password }),
  };
}
