// Events: what the webhooks of an organisation are told of a change, as rows in the change's own transaction.
import { randomBytes } from 'node:crypto';
import { type EventType, newDeliveryId } from '@weir/tenancy';
import { and, arrayContains, eq } from 'drizzle-orm';
import type { AuditAction, FieldChange } from './audit.ts';
import type { CatalogTransaction } from './catalog.ts';
import { deliveries, webhooks } from './schema.ts';

/** The JSON that a receiver gets. */
export interface EventBody {
  readonly type: EventType | 'test';
  /** ISO 8601. */
  readonly at: string;
  readonly organisationId: string;
  readonly tenantId: string | null;
  /** What it is about: a tenant, an endpoint, or a role as `<endpoint>/<role>`. */
  readonly targetId: string;
  readonly changes: readonly FieldChange[];
}

interface Announced {
  readonly type: EventType;
  readonly tenantId: string | null;
  readonly targetId: string;
  readonly changes: readonly FieldChange[];
}

const typeOfAction: Partial<Record<AuditAction, EventType>> = {
  'tenant.create': 'tenant.created',
  'tenant.change': 'tenant.changed',
  'tenant.delete': 'tenant.deleted',
  'tenant.undelete': 'tenant.undeleted',
  'endpoint.create': 'endpoint.created',
  'endpoint.change': 'endpoint.changed',
  'endpoint.delete': 'endpoint.deleted',
  'endpoint.pause': 'endpoint.paused',
  'endpoint.resume': 'endpoint.resumed',
  'endpoint.reconnect': 'endpoint.reconnected',
  'endpoint.kill': 'endpoint.killed',
  'endpoint.drain': 'endpoint.drained',
  'endpoint.change-budget': 'endpoint.budget-changed',
  'role.create': 'role.created',
  'role.import': 'role.imported',
  'role.rotate': 'role.rotated',
  'role.delete': 'role.deleted',
};

/** Adds a delivery for each webhook that wants to know. */
export async function announce(
  tx: CatalogTransaction,
  organisationId: string,
  { type, tenantId, targetId, changes }: Announced,
): Promise<void> {
  const wanted = and(
    eq(webhooks.organisationId, organisationId),
    eq(webhooks.enabled, true),
    arrayContains(webhooks.events, [type]),
  );
  const found = await tx.select({ id: webhooks.id }).from(webhooks).where(wanted);
  if (found.length === 0) return;
  const body: EventBody = {
    type,
    at: new Date().toISOString(),
    organisationId,
    tenantId,
    targetId,
    changes,
  };
  await tx
    .insert(deliveries)
    .values(found.map(({ id }) => ({ id: newDeliveryId(randomBytes), webhookId: id, type, body })));
}

/** Null: of this nobody is told. A change of the status alone has a name of its own: it is what most people wait for. */
export function eventTypeOf(action: AuditAction, changes: readonly FieldChange[]): EventType | null {
  if (action === 'endpoint.change-health') {
    const state = changes.find(({ field }) => field === 'health.state')?.after;
    return state === 'healthy' || state === 'failing' || state === 'unreachable' ? `endpoint.${state}` : null;
  }
  const type = typeOfAction[action] ?? null;
  if (type !== 'tenant.changed' && type !== 'endpoint.changed') return type;
  const status = changes.find(({ field }) => field === 'status')?.after;
  const kind = type === 'tenant.changed' ? 'tenant' : 'endpoint';
  if (status === 'suspended') return `${kind}.suspended`;
  return status === 'active' ? `${kind}.activated` : type;
}
