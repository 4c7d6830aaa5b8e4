// The shop with TypeORM.
import { createRequire } from 'node:module';
import { DataSource, EntitySchema } from 'typeorm';
import { products, type Shop, versionOf } from './shop.ts';
import { work } from './work.ts';

const require = createRequire(import.meta.url);

interface Customer {
  id: number;
  email: string;
  name: string;
}
interface Product {
  id: number;
  title: string;
  stock: number;
}
interface Order {
  id: number;
  customer: Customer;
  items: Item[];
}
interface Item {
  id: number;
  order: Order;
  product: Product;
  quantity: number;
}

const key = { type: 'int', primary: true, generated: true } as const;
const Customers = new EntitySchema<Customer>({
  name: 'customers',
  columns: { id: key, email: { type: 'text', unique: true }, name: { type: 'text' } },
});
const Products = new EntitySchema<Product>({
  name: 'products',
  columns: { id: key, title: { type: 'text' }, stock: { type: 'int' } },
});
const Orders = new EntitySchema<Order>({
  name: 'orders',
  columns: { id: { type: 'int', primary: true, generated: 'increment' } },
  relations: {
    customer: { type: 'many-to-one', target: 'customers' },
    items: { type: 'one-to-many', target: 'items', inverseSide: 'order' },
  },
});
const Items = new EntitySchema<Item>({
  name: 'items',
  columns: { id: key, quantity: { type: 'int' } },
  relations: {
    order: { type: 'many-to-one', target: 'orders', inverseSide: 'items' },
    product: { type: 'many-to-one', target: 'products' },
  },
});
const Events = new EntitySchema<{ id: string; kind: string }>({
  name: 'events',
  // `uuid` makes TypeORM install an extension when it connects.
  columns: { id: { type: 'uuid', primary: true, generated: 'uuid' }, kind: { type: 'text' } },
});

function source(url: string, synchronize: boolean): DataSource {
  const entities = [Customers, Products, Orders, Items, Events];
  return new DataSource({ type: 'postgres', url, entities, synchronize });
}

async function makeTables(url: string): Promise<void> {
  const made = await source(url, true).initialize();
  await made.query(products);
  await made.destroy();
}

async function open(url: string): Promise<Shop> {
  const db = await source(url, false).initialize();
  return {
    signUp: async (email, name) => (await db.getRepository(Customers).save({ email, name })).id,
    placeOrder: (customer, wanted) =>
      db.transaction(async (manager) => {
        const order = await manager.getRepository(Orders).save({ customer: { id: Number(customer) } });
        await manager
          .getRepository(Items)
          .save(
            wanted.map((product) => ({ order: { id: order.id }, product: { id: product }, quantity: 1 })),
          );
        for (const product of wanted) await manager.decrement(Products, { id: product }, 'stock', 1);
        return order.id;
      }),
    async readOrder(id) {
      const relations = { customer: true, items: true };
      const order = await db.getRepository(Orders).findOneOrFail({ where: { id: Number(id) }, relations });
      return { customer: order.customer.name, items: order.items.length };
    },
    async page(offset, limit) {
      const [rows, total] = await db
        .getRepository(Orders)
        .findAndCount({ skip: offset, take: limit, order: { id: 'DESC' }, relations: { customer: true } });
      return { rows: rows.length, total };
    },
    async rename(customer, name) {
      const row = await db.getRepository(Customers).findOneByOrFail({ id: Number(customer) });
      row.name = name;
      await db.getRepository(Customers).save(row);
    },
    async signUpTwice(email, taken) {
      // By hand, as many programs do it, with an isolation level.
      const runner = db.createQueryRunner();
      await runner.startTransaction('REPEATABLE READ');
      try {
        await runner.manager.save(Customers, { email, name: 'lost' });
        await runner.manager.save(Customers, { email: taken, name: 'refused' });
        await runner.commitTransaction();
      } catch (error) {
        await runner.rollbackTransaction();
        throw error;
      } finally {
        await runner.release();
      }
    },
    count: (email) => db.getRepository(Customers).countBy({ email }),
    async record(kinds) {
      await db.getRepository(Events).insert(kinds.map((kind) => ({ kind })));
    },
    close: () => db.destroy(),
  };
}

await work({
  client: `typeorm ${versionOf('typeorm', require)}, pg ${versionOf('pg', require)}`,
  makeTables,
  open,
});
