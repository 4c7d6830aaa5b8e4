// The shop with Knex.
import { createRequire } from 'node:module';
import createKnex, { type Knex } from 'knex';
import { products, type Shop, versionOf } from './shop.ts';
import { work } from './work.ts';

const require = createRequire(import.meta.url);

function connect(url: string): Knex {
  return createKnex({ client: 'pg', connection: url });
}

async function makeTables(url: string): Promise<void> {
  const knex = connect(url);
  try {
    for (const table of ['customers', 'products', 'orders', 'items', 'events']) {
      if (await knex.schema.hasTable(table)) throw new Error(`${table} is there already`);
    }
    await knex.schema
      .createTable('customers', (t) => {
        t.increments('id');
        t.text('email').notNullable().unique();
        t.text('name').notNullable();
        t.timestamp('created_at').defaultTo(knex.fn.now());
      })
      .createTable('products', (t) => {
        t.increments('id');
        t.text('title').notNullable();
        t.integer('stock').notNullable();
      })
      .createTable('orders', (t) => {
        t.bigIncrements('id');
        t.integer('customer_id').notNullable().references('customers.id');
        t.timestamp('placed_at').defaultTo(knex.fn.now());
      })
      .createTable('items', (t) => {
        t.increments('id');
        t.bigInteger('order_id').notNullable().references('orders.id');
        t.integer('product_id').notNullable().references('products.id');
        t.integer('quantity').notNullable();
      })
      .createTable('events', (t) => {
        t.bigIncrements('id');
        t.text('kind').notNullable();
      });
    await knex.raw(products);
  } finally {
    await knex.destroy();
  }
}

async function open(url: string): Promise<Shop> {
  const knex = connect(url);
  return {
    async signUp(email, name) {
      const [row] = await knex('customers').insert({ email, name }).returning('id');
      return row.id;
    },
    async placeOrder(customer, wanted) {
      return knex.transaction(async (trx) => {
        const [{ id }] = await trx('orders').insert({ customer_id: customer }, ['id']);
        await trx('items').insert(
          wanted.map((product) => ({ order_id: id, product_id: product, quantity: 1 })),
        );
        for (const product of wanted) await trx('products').where({ id: product }).decrement('stock', 1);
        return id;
      });
    },
    async readOrder(order) {
      const head = await knex('orders')
        .join('customers', 'customers.id', 'orders.customer_id')
        .where('orders.id', Number(order))
        .first('orders.id', 'customers.name');
      const items = await knex('items')
        .where({ order_id: Number(order) })
        .select();
      return { customer: head.name, items: items.length };
    },
    async page(offset, limit) {
      const rows = await knex('orders').orderBy('id', 'desc').limit(limit).offset(offset);
      const all = await knex('orders').count('* as count').first();
      return { rows: rows.length, total: Number(all?.count) };
    },
    async rename(customer, name) {
      await knex('customers').where({ id: customer }).update({ name });
    },
    async signUpTwice(email, taken) {
      await knex.transaction(async (trx) => {
        await trx('customers').insert({ email, name: 'lost' });
        await trx('customers').insert({ email: taken, name: 'refused' });
      });
    },
    async count(email) {
      const found = await knex('customers').where({ email }).count('* as count').first();
      return Number(found?.count);
    },
    async record(kinds) {
      await knex.batchInsert(
        'events',
        kinds.map((kind) => ({ kind })),
      );
    },
    close: () => knex.destroy(),
  };
}

await work({
  client: `knex ${versionOf('knex', require)}, pg ${versionOf('pg', require)}`,
  makeTables,
  open,
});
