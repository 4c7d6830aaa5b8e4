// Operations on trust rules, and the exchange of a token by one.
import {
  changeTrustRule as changeInCatalog,
  deleteTrustRule as deleteFromCatalog,
  findTenant,
  findTrustRule,
  listTrustRules as readTrustRules,
  trustRulesMax,
  createTrustRule as writeTrustRule,
} from '@weir/catalog';
import { isTrustRuleId } from '@weir/tenancy';
import { type ControlApiConfig, egressPolicy } from '../../config.ts';
import { insistMayBeDialled } from '../../egress/insist-may-be-dialled.ts';
import { ApiError, type ProblemSlug } from '../../errors.ts';
import { exchangeToken as exchange } from '../../trust/exchange-token.ts';
import { trustRuleReply } from '../../trust/replies.ts';
import { pageOf, positionOf } from '../cursor.ts';
import type { PerformOpen } from '../open-operation.ts';
import type { Perform } from '../operation.ts';

const problemOf = {
  'no-tenant': 'tenant-not-found',
  absent: 'endpoint-not-found',
  'no-role': 'role-not-found',
  'no-password': 'role-password-unknown',
} as const satisfies Record<string, ProblemSlug>;

export const createTrustRule: Perform<'createTrustRule'> = async (
  { params, body, create, reply },
  { config },
) => {
  await insistMayBeAsked(body.issuer, config);
  return create(async (change) => {
    const rule = await writeTrustRule(change, params.tenantId, body);
    if (rule === 'too-many') {
      throw new ApiError('too-many-trust-rules', { detail: `a tenant has at most ${trustRulesMax}` });
    }
    if (typeof rule === 'string') throw new ApiError(problemOf[rule]);
    reply.header('location', `/v1/tenants/${rule.tenantId}/trust-rules/${rule.id}`);
    return trustRuleReply(rule);
  });
};

export const listTrustRules: Perform<'listTrustRules'> = async ({ params, query, caller }, { catalog }) => {
  const { limit, cursor } = query;
  if ((await findTenant(catalog, caller.organisationId, params.tenantId)) === null) {
    throw new ApiError('tenant-not-found');
  }
  const after = positionOf(cursor, isTrustRuleId);
  return pageOf(
    await readTrustRules(catalog, params.tenantId, { limit: limit + 1, after }),
    limit,
    trustRuleReply,
  );
};

export const getTrustRule: Perform<'getTrustRule'> = async ({ params, caller }, { catalog }) => {
  const { tenantId, trustRuleId } = params;
  const rule = await findTrustRule(catalog, caller.organisationId, tenantId, trustRuleId);
  if (rule === null) throw new ApiError('trust-rule-not-found');
  return trustRuleReply(rule);
};

export const changeTrustRule: Perform<'changeTrustRule'> = async (
  { params, body, author, ifGeneration },
  { catalog, config },
) => {
  const { tenantId, trustRuleId } = params;
  // Who does not have the rule is told so, whatever the body.
  const before = await findTrustRule(catalog, author.organisationId, tenantId, trustRuleId);
  if (before === null) throw new ApiError('trust-rule-not-found');
  if (Object.values(body).every((value) => value === undefined)) return trustRuleReply(before);
  if (body.issuer !== undefined) await insistMayBeAsked(body.issuer, config);
  const rule = await catalog.change(author, (change) =>
    changeInCatalog(change, tenantId, trustRuleId, body, ifGeneration),
  );
  if (rule === 'absent') throw new ApiError('trust-rule-not-found');
  if (rule === 'changed-meanwhile') throw new ApiError('precondition-failed');
  return trustRuleReply(rule);
};

export const deleteTrustRule: Perform<'deleteTrustRule'> = async (
  { params, author, ifGeneration },
  { catalog, log },
) => {
  const { tenantId, trustRuleId } = params;
  const outcome = await catalog.change(author, (change) =>
    deleteFromCatalog(change, tenantId, trustRuleId, ifGeneration),
  );
  if (outcome === 'absent') throw new ApiError('trust-rule-not-found');
  if (outcome === 'changed-meanwhile') throw new ApiError('precondition-failed');
  log.info({ trustRuleId }, 'trust rule deleted');
  return null;
};

export const exchangeToken: PerformOpen<'exchangeToken'> = ({ body, ...from }, parts) =>
  exchange(parts, body, from);

function insistMayBeAsked(issuer: string, config: ControlApiConfig): Promise<void> {
  const reach = { policy: egressPolicy(config), plainTo: 'loopback' } as const;
  return insistMayBeDialled(issuer, reach, { slug: 'issuer-refused', field: 'issuer' });
}
