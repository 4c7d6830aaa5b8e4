// The shop with Prisma 7, whose packages and generated client are in the cache (`src/prisma-packages.ts`), not in the workspace.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { products, type Shop, tables, versionOf } from './shop.ts';
import { work } from './work.ts';

const require = createRequire(join(process.env.WEIR_PACKAGES!, 'package.json'));
const { PrismaClient } = require('@prisma/client');
const { PrismaPg } = require('@prisma/adapter-pg');

// biome-ignore lint/suspicious/noExplicitAny: the generated client's types are where the client is.
type Client = any;

function connect(url: string): Client {
  return new PrismaClient({ adapter: new PrismaPg({ connectionString: url }) });
}

async function open(url: string): Promise<Shop> {
  const prisma = connect(url);
  return {
    signUp: async (email, name) => (await prisma.customers.create({ data: { email, name } })).id,
    placeOrder: (customer, wanted) =>
      prisma.$transaction(async (tx: Client) => {
        // A nested write: the order and its items in one call.
        const order = await tx.orders.create({
          data: {
            customer: { connect: { id: customer } },
            items: { create: wanted.map((product) => ({ product_id: product, quantity: 1 })) },
          },
        });
        for (const id of wanted) {
          await tx.products.update({ where: { id }, data: { stock: { decrement: 1 } } });
        }
        return order.id;
      }),
    async readOrder(id) {
      const include = { customer: true, items: true };
      const order = await prisma.orders.findUniqueOrThrow({ where: { id }, include });
      return { customer: order.customer.name, items: order.items.length };
    },
    async page(skip, take) {
      // A batch transaction, as for a page and its total.
      const [rows, total] = await prisma.$transaction([
        prisma.orders.findMany({ skip, take, orderBy: { id: 'desc' } }),
        prisma.orders.count(),
      ]);
      return { rows: rows.length, total };
    },
    async rename(id, name) {
      await prisma.customers.update({ where: { id }, data: { name } });
    },
    async signUpTwice(email, taken) {
      await prisma.$transaction([
        prisma.customers.create({ data: { email, name: 'lost' } }),
        prisma.customers.create({ data: { email: taken, name: 'refused' } }),
      ]);
    },
    count: (email) => prisma.customers.count({ where: { email } }),
    async record(kinds) {
      await prisma.events.createMany({ data: kinds.map((kind) => ({ kind })) });
    },
    close: () => prisma.$disconnect(),
  };
}

await work({
  client: `prisma ${versionOf('@prisma/client', require)}, @prisma/adapter-pg ${versionOf('@prisma/adapter-pg', require)}`,
  // Prisma's own tools belong on the direct host.
  async makeTables(url) {
    const prisma = connect(url);
    for (const text of [...tables, products]) await prisma.$executeRawUnsafe(text);
    await prisma.$disconnect();
  },
  open,
});
