// The audit log: one row for each change, in the change's own transaction. Rows are added and read, never changed.
import { and, desc, eq, gte, lt, type SQL } from 'drizzle-orm';
import type { Author, Catalog, CatalogTransaction, SystemAuthor } from './catalog.ts';
import { announce, eventTypeOf } from './events.ts';
import { audit } from './schema.ts';

export type AuditRecord = typeof audit.$inferSelect;
export type AuditAction = AuditRecord['action'];

/** What a change did to one field; null: there was or is nothing. */
export interface FieldChange {
  /** Dotted path. */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface AuditedChange {
  readonly action: AuditAction;
  readonly targetId: string;
  readonly tenantId?: string;
  /** Whose log it belongs to, if not the author's organisation's. */
  readonly organisationId?: string;
  /** The thing before and after, without secrets; left out: it was or is not there. */
  readonly before?: object;
  readonly after?: object;
  /** Names of secrets that changed. */
  readonly secrets?: readonly string[];
}

/** What is kept of a text: a CA file may be long. */
const textCharactersMax = 1_000;

/** Writes down a change, and what webhooks are to be told of it. */
export async function note(
  { tx, author }: { readonly tx: CatalogTransaction; readonly author: Author | SystemAuthor },
  what: AuditedChange,
): Promise<void> {
  const secrets = (what.secrets ?? []).map((field) => ({ field, before: '(secret)', after: '(secret)' }));
  const organisationId = what.organisationId ?? author.organisationId;
  const changes = [...differences(what.before ?? {}, what.after ?? {}), ...secrets];
  await tx.insert(audit).values({
    organisationId,
    action: what.action,
    targetId: what.targetId,
    tenantId: what.tenantId ?? null,
    apiKeyId: author.apiKeyId ?? null,
    trustRuleId: author.trustRuleId ?? null,
    address: author.address ?? null,
    requestId: author.requestId ?? null,
    changes,
  });
  const type = eventTypeOf(what.action, changes);
  if (type === null) return;
  const { targetId, tenantId = null } = what;
  await announce(tx, organisationId, { type, tenantId, targetId, changes });
}

/** Which entries to list; what is left out does not matter. */
export interface AuditFilter {
  readonly limit: number;
  /** Only entries with a lower id. */
  readonly beforeId?: number | undefined;
  readonly action?: AuditAction | undefined;
  readonly targetId?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly apiKeyId?: string | undefined;
  readonly trustRuleId?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

/** Entries of an organisation, the newest first. */
export function listAudit(
  catalog: Catalog,
  organisationId: string,
  filter: AuditFilter,
): Promise<readonly AuditRecord[]> {
  const given = <T>(value: T | undefined, condition: (value: T) => SQL) =>
    value === undefined ? undefined : condition(value);
  return catalog.db
    .select()
    .from(audit)
    .where(
      and(
        eq(audit.organisationId, organisationId),
        given(filter.beforeId, (id) => lt(audit.id, id)),
        given(filter.action, (action) => eq(audit.action, action)),
        given(filter.targetId, (id) => eq(audit.targetId, id)),
        given(filter.tenantId, (id) => eq(audit.tenantId, id)),
        given(filter.apiKeyId, (id) => eq(audit.apiKeyId, id)),
        given(filter.trustRuleId, (id) => eq(audit.trustRuleId, id)),
        given(filter.since, (at) => gte(audit.at, at)),
        given(filter.until, (at) => lt(audit.at, at)),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(filter.limit);
}

/** The fields in which two values of one shape differ; objects are compared field by field, lists as a whole. */
export function differences(before: object, after: object): readonly FieldChange[] {
  const old = new Map(leaves(before, ''));
  const now = new Map(leaves(after, ''));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((field) => {
    const change = { field, before: old.get(field) ?? null, after: now.get(field) ?? null };
    return JSON.stringify(change.before) === JSON.stringify(change.after) ? [] : [change];
  });
}

function leaves(value: object, path: string): [string, unknown][] {
  return Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    const field = path + name;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner) && !(inner instanceof Date)) {
      return leaves(inner, `${field}.`);
    }
    return [[field, typeof inner === 'string' ? shortened(inner) : inner]];
  });
}

function shortened(text: string): string {
  return text.length <= textCharactersMax ? text : `${text.slice(0, textCharactersMax)}…`;
}
