// Exchanges a token for a credential: the rule that is named says whose token, whose role, and for how long.
import type { CreateCredentialReply, ExchangeTokenBody } from '@weir/api-contract';
import { type Author, findEndpoint, findRuleOfToken, lockTrustRule } from '@weir/catalog';
import { issueCredential } from '../credentials/issue-credential.ts';
import { ApiError } from '../errors.ts';
import type { Parts } from '../parts.ts';
import { verifyToken } from './verify-token.ts';

/** As of credentials that are made with a key. */
const usualTtlSeconds = 900;

/** Throws ApiError; then there is no credential. */
export async function exchangeToken(
  parts: Parts,
  { trustRuleId, token, ttlSeconds }: ExchangeTokenBody,
  from: Pick<Author, 'requestId' | 'address'>,
): Promise<CreateCredentialReply> {
  const { catalog, issuerKeys, log } = parts;
  const found = await findRuleOfToken(catalog, trustRuleId);
  if (found === null) throw new ApiError('trust-rule-not-found');
  const { rule, organisationId } = found;
  const { tenantId, endpointId, role, ttlSecondsMax, generation } = rule;
  const subject = await verifyToken(token, rule, issuerKeys);
  if (ttlSeconds !== undefined && ttlSeconds > ttlSecondsMax) {
    const message = `must be at most ${ttlSecondsMax}, as the rule says`;
    throw new ApiError('validation-failed', { faults: [{ field: 'ttlSeconds', message }] });
  }
  const endpoint = await findEndpoint(catalog, organisationId, endpointId);
  if (endpoint === null) throw new ApiError('trust-rule-not-found');
  const wanted = { role, subject, ttlSeconds: ttlSeconds ?? Math.min(usualTtlSeconds, ttlSecondsMax) };
  const author: Author = { organisationId, trustRuleId, ...from };
  const lent = await issueCredential(parts, tenantId, endpoint, wanted, (write) =>
    catalog.change(author, async (change) => {
      // It must still be the rule that the token was held against.
      const current = await lockTrustRule(change, tenantId, trustRuleId, [generation]);
      if (current === 'absent') throw new ApiError('trust-rule-not-found');
      if (current === 'changed-meanwhile') throw new ApiError('changed-meanwhile');
      return write(change);
    }),
  );
  log.info({ trustRuleId, credentialId: lent.credential.id }, 'token exchanged');
  return lent;
}
