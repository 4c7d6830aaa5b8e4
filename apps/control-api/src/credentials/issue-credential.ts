// Makes a short-lived credential, and waits until poolers can know it.
import { randomBytes } from 'node:crypto';
import type { CreateCredentialReply, CredentialReply } from '@weir/api-contract';
import {
  type CredentialRecord,
  createCredential,
  type EndpointRecord,
  type NewCredential,
} from '@weir/catalog';
import { newCredentialId } from '@weir/tenancy';
import { ApiError, type ProblemSlug } from '../errors.ts';
import type { Parts } from '../parts.ts';
import { awaitPublication } from '../roles/await-publication.ts';
import { newPassword } from '../roles/role-passwords.ts';
import type { Create } from '../routes/once.ts';
import { connectionStringsReply } from '../tenants/connection-strings.ts';

const problemOf = {
  absent: 'endpoint-not-found',
  'no-role': 'role-not-found',
  'no-password': 'role-password-unknown',
  'too-many': 'too-many-credentials',
} as const satisfies Record<string, ProblemSlug>;

type Wanted = Pick<NewCredential, 'role' | 'subject'> & { readonly ttlSeconds: number };

/** Throws ApiError; then there is none. */
export async function issueCredential(
  parts: Parts,
  tenantId: string,
  endpoint: EndpointRecord,
  { role, subject, ttlSeconds }: Wanted,
  create: Create<CreateCredentialReply>,
): Promise<CreateCredentialReply> {
  const { password, verifier } = await newPassword();
  const id = newCredentialId(randomBytes);
  const turn = parts.lending.take(endpoint.id, () =>
    create(async (change) => {
      const wanted = { id, role, subject, verifier, ttlMs: ttlSeconds * 1000 };
      const made = await createCredential(change, tenantId, endpoint.id, wanted);
      if (typeof made === 'string') throw new ApiError(problemOf[made]);
      return {
        credential: credentialReply(made),
        user: id,
        password,
        connectionStrings: connectionStringsReply(endpoint, parts.config, { role: id, password }),
      };
    }),
  );
  if (turn === null) throw new ApiError('too-many-credentials');
  const reply = await turn;
  // It is made in any case; while shared state is away it only opens later.
  await awaitPublication(parts, [endpoint.id]);
  return reply;
}

export function credentialReply(record: CredentialRecord): CredentialReply {
  const { id, endpointId, role, apiKeyId, trustRuleId, createdAt, expiresAt } = record;
  return {
    id: id as CredentialReply['id'],
    endpointId: endpointId as CredentialReply['endpointId'],
    role,
    apiKeyId: apiKeyId as CredentialReply['apiKeyId'],
    trustRuleId,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}
