// The shop's tables and queries as Drizzle has them, whichever driver is below.
import { count, desc, eq, relations, sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  integer,
  type PgDatabase,
  pgTable,
  serial,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import type { Shop } from './shop.ts';

const customers = pgTable('customers', {
  id: serial('id').primaryKey(),
  email: text('email').notNull().unique(),
  name: text('name').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});
const products = pgTable('products', {
  id: serial('id').primaryKey(),
  title: text('title').notNull(),
  stock: integer('stock').notNull(),
});
const orders = pgTable('orders', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
  customerId: integer('customer_id').notNull(),
  placedAt: timestamp('placed_at', { withTimezone: true }).notNull().defaultNow(),
});
const items = pgTable('items', {
  id: serial('id').primaryKey(),
  orderId: bigint('order_id', { mode: 'number' }).notNull(),
  productId: integer('product_id').notNull(),
  quantity: integer('quantity').notNull(),
});
const events = pgTable('events', {
  id: bigserial('id', { mode: 'number' }).primaryKey(),
  kind: text('kind').notNull(),
});

export const schema = {
  customers,
  products,
  orders,
  items,
  events,
  orderRelations: relations(orders, ({ one, many }) => ({
    customer: one(customers, { fields: [orders.customerId], references: [customers.id] }),
    items: many(items),
  })),
  itemRelations: relations(items, ({ one }) => ({
    order: one(orders, { fields: [items.orderId], references: [orders.id] }),
  })),
};

/** The shop over an open Drizzle. */
// biome-ignore lint/suspicious/noExplicitAny: the driver's own kind of result, which nothing here looks at.
export function drizzleShop(db: PgDatabase<any, typeof schema>, close: () => Promise<void>): Shop {
  return {
    async signUp(email, name) {
      const [row] = await db.insert(customers).values({ email, name }).returning({ id: customers.id });
      return row!.id;
    },
    placeOrder: (customer, wanted) =>
      db.transaction(async (tx) => {
        const [order] = await tx
          .insert(orders)
          .values({ customerId: Number(customer) })
          .returning();
        await tx
          .insert(items)
          .values(wanted.map((productId) => ({ orderId: order!.id, productId, quantity: 1 })));
        for (const product of wanted) {
          await tx
            .update(products)
            .set({ stock: sql`${products.stock} - 1` })
            .where(eq(products.id, product));
        }
        return order!.id;
      }),
    async readOrder(id) {
      const order = await db.query.orders.findFirst({
        where: eq(orders.id, Number(id)),
        with: { customer: true, items: true },
      });
      return { customer: order!.customer.name, items: order!.items.length };
    },
    async page(offset, limit) {
      const rows = await db.select().from(orders).orderBy(desc(orders.id)).limit(limit).offset(offset);
      const [all] = await db.select({ total: count() }).from(orders);
      return { rows: rows.length, total: all!.total };
    },
    async rename(customer, name) {
      await db
        .update(customers)
        .set({ name })
        .where(eq(customers.id, Number(customer)));
    },
    signUpTwice: (email, taken) =>
      db.transaction(async (tx) => {
        await tx.insert(customers).values({ email, name: 'lost' });
        // A savepoint of its own, which fails alone and then with all of it.
        await tx.transaction((inner) =>
          inner
            .insert(customers)
            .values({ email: taken, name: 'refused' })
            .then(() => {}),
        );
      }),
    count: (email) => db.$count(customers, eq(customers.email, email)),
    async record(kinds) {
      await db.insert(events).values(kinds.map((kind) => ({ kind })));
    },
    close,
  };
}
