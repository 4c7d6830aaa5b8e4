// Orders of operators in the catalog: state of the endpoint, so that no pooler that was away misses one.
import { giveOrder, type Order, type OrderRefusal } from '@weir/tenancy';
import { eq, sql } from 'drizzle-orm';
import { note } from './audit.ts';
import type { Change } from './catalog.ts';
import { liveEndpoint, rolesOf } from './endpoints.ts';
import { enqueue } from './outbox.ts';
import { type EndpointRecord, endpointRecord } from './records.ts';
import { endpoints } from './schema.ts';

/** Gives an order; `absent`: no such live endpoint, else why the order cannot be given. */
export async function orderEndpoint(
  change: Change,
  id: string,
  order: Order,
): Promise<EndpointRecord | 'absent' | OrderRefusal> {
  const { tx, author } = change;
  const [before] = await tx
    .select()
    .from(endpoints)
    .where(liveEndpoint(author.organisationId, id))
    .for('update');
  if (before === undefined) return 'absent';
  const orders = giveOrder(before.orders, order, before.generation + 1, new Date().toISOString());
  if (typeof orders === 'string') return orders;
  const [row] = await tx
    .update(endpoints)
    .set({ orders, generation: sql`${endpoints.generation} + 1`, updatedAt: sql`now()` })
    .where(eq(endpoints.id, id))
    .returning();
  await enqueue(tx, [row!]);
  await note(change, {
    action: `endpoint.${order.kind}`,
    targetId: id,
    tenantId: before.tenantId,
    before: { orders: before.orders },
    after: { orders },
  });
  return endpointRecord(row!, await rolesOf(tx, [id]));
}
