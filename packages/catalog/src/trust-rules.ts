// Trust rules in the catalog: made for a role of an endpoint, read, changed, deleted, and found by whoever brings a token.
import { randomBytes } from 'node:crypto';
import { newTrustRuleId } from '@weir/tenancy';
import { and, asc, eq, ne, sql } from 'drizzle-orm';
import { note } from './audit.ts';
import type { Catalog, Change } from './catalog.ts';
import { lockLendable } from './credentials.ts';
import { liveTenant } from './endpoints.ts';
import { publishAgain } from './outbox.ts';
import { createdAfter, type Position } from './position.ts';
import { lockEndpoint } from './roles.ts';
import { endpoints, tenants, trustRules } from './schema.ts';

export type TrustRuleRecord = typeof trustRules.$inferSelect;

/** What may change of a rule; whom it lends to stays. */
export interface TrustRuleTerms {
  readonly description: string;
  readonly issuer: string;
  readonly audience: string;
  /** A pattern of `@weir/tenancy`. */
  readonly subject: string;
  readonly claims: Readonly<Record<string, string>>;
  readonly ttlSecondsMax: number;
}

export interface NewTrustRule extends TrustRuleTerms {
  readonly endpointId: string;
  readonly role: string;
}

/** Of one tenant; a project or a repository needs one or two. */
export const trustRulesMax = 100;

/**
 * `no-tenant`: the organisation has no such live one. `too-many`: it has `trustRulesMax`. The rest as of a credential,
 * since what cannot be lent need not be promised.
 */
export async function createTrustRule(
  change: Change,
  tenantId: string,
  rule: NewTrustRule,
): Promise<TrustRuleRecord | 'no-tenant' | 'absent' | 'no-role' | 'no-password' | 'too-many'> {
  const { tx, author } = change;
  // Two at a time must not both be the last one.
  const [tenant] = await tx
    .select({ id: tenants.id })
    .from(tenants)
    .where(liveTenant(author.organisationId, tenantId))
    .for('update');
  if (tenant === undefined) return 'no-tenant';
  const fault = await lockLendable(change, tenantId, rule.endpointId, rule.role);
  if (fault !== null) return fault;
  if ((await tx.$count(trustRules, eq(trustRules.tenantId, tenantId))) >= trustRulesMax) return 'too-many';
  const id = newTrustRuleId(randomBytes);
  const [record] = await tx
    .insert(trustRules)
    .values({ ...rule, id, tenantId })
    .returning();
  await note(change, { action: 'trust-rule.create', targetId: id, tenantId, after: shownOf(record!) });
  return record!;
}

/** Null: the tenant has none of this id, or is not the organisation's. */
export async function findTrustRule(
  catalog: Catalog,
  organisationId: string,
  tenantId: string,
  id: string,
): Promise<TrustRuleRecord | null> {
  const [row] = await catalog.db
    .select({ rule: trustRules })
    .from(trustRules)
    .innerJoin(tenants, eq(tenants.id, trustRules.tenantId))
    .where(and(eq(trustRules.id, id), liveTenant(organisationId, tenantId)));
  return row?.rule ?? null;
}

/** A rule by its id alone, with the organisation in whose name it lends. Null: there is none, or its tenant or endpoint was deleted. */
export async function findRuleOfToken(
  catalog: Catalog,
  id: string,
): Promise<{ readonly rule: TrustRuleRecord; readonly organisationId: string } | null> {
  const [row] = await catalog.db
    .select({ rule: trustRules, organisationId: tenants.organisationId })
    .from(trustRules)
    .innerJoin(tenants, eq(tenants.id, trustRules.tenantId))
    .innerJoin(endpoints, eq(endpoints.id, trustRules.endpointId))
    .where(and(eq(trustRules.id, id), ne(tenants.status, 'deleted'), ne(endpoints.status, 'deleted')));
  return row ?? null;
}

/** A page of a tenant's rules, oldest first. */
export function listTrustRules(
  catalog: Catalog,
  tenantId: string,
  page: { readonly limit: number; readonly after?: Position | undefined },
): Promise<readonly TrustRuleRecord[]> {
  return catalog.db
    .select()
    .from(trustRules)
    .where(and(eq(trustRules.tenantId, tenantId), createdAfter(trustRules, page.after)))
    .orderBy(asc(trustRules.createdAt), asc(trustRules.id))
    .limit(page.limit);
}

/** Credentials that were lent stay as they are. Outcomes as of a tenant's change. */
export async function changeTrustRule(
  change: Change,
  tenantId: string,
  id: string,
  to: { readonly [Name in keyof TrustRuleTerms]?: TrustRuleTerms[Name] | undefined },
  ifGeneration?: readonly number[],
): Promise<TrustRuleRecord | 'absent' | 'changed-meanwhile'> {
  const before = await lockTrustRule(change, tenantId, id, ifGeneration);
  if (typeof before === 'string') return before;
  const [record] = await change.tx
    .update(trustRules)
    .set({ ...to, generation: sql`${trustRules.generation} + 1`, updatedAt: sql`now()` })
    .where(eq(trustRules.id, id))
    .returning();
  const shown = { before: shownOf(before), after: shownOf(record!) };
  await note(change, { action: 'trust-rule.change', targetId: id, tenantId, ...shown });
  return record!;
}

/** With the credentials that were lent by it. Outcomes as of a change. */
export async function deleteTrustRule(
  change: Change,
  tenantId: string,
  id: string,
  ifGeneration?: readonly number[],
): Promise<'deleted' | 'absent' | 'changed-meanwhile'> {
  const before = await lockTrustRule(change, tenantId, id, ifGeneration);
  if (typeof before === 'string') return before;
  await change.tx.delete(trustRules).where(eq(trustRules.id, id));
  await publishAgain(change.tx, [before.endpointId]);
  await note(change, { action: 'trust-rule.delete', targetId: id, tenantId, before: shownOf(before) });
  return 'deleted';
}

/** Locks the endpoint first, as whoever lends does, so that no credential is made by a rule that is going. Outcomes as of a change. */
export async function lockTrustRule(
  change: Change,
  tenantId: string,
  id: string,
  ifGeneration: readonly number[] | undefined,
): Promise<TrustRuleRecord | 'absent' | 'changed-meanwhile'> {
  const { tx } = change;
  const own = and(eq(trustRules.id, id), eq(trustRules.tenantId, tenantId));
  const [found] = await tx.select({ endpointId: trustRules.endpointId }).from(trustRules).where(own);
  if (found === undefined || (await lockEndpoint(change, found.endpointId)) === null) return 'absent';
  const [rule] = await tx.select().from(trustRules).where(own).for('update');
  if (rule === undefined) return 'absent';
  return ifGeneration === undefined || ifGeneration.includes(rule.generation) ? rule : 'changed-meanwhile';
}

/** What the audit log says of a rule. */
function shownOf(rule: TrustRuleRecord) {
  const { endpointId, role, description, issuer, audience, subject, claims, ttlSecondsMax } = rule;
  return { endpointId, role, description, issuer, audience, subject, claims, ttlSecondsMax };
}
