// The shop with Sequelize.
import { createRequire } from 'node:module';
import { DataTypes, type Model, Sequelize } from 'sequelize';
import { products, type Shop, versionOf } from './shop.ts';
import { work } from './work.ts';

const require = createRequire(import.meta.url);

// Sequelize does not read `sslmode`; this is how its users ask for TLS.
const options = { dialect: 'postgres', logging: false, dialectOptions: { ssl: {} } } as const;

function connect(url: string) {
  const sequelize = new Sequelize(url.replace(/\?.*/, ''), options);
  const define = (name: string, columns: Parameters<Sequelize['define']>[1]) =>
    sequelize.define(name, columns, { underscored: true });
  const Customer = define('customer', {
    email: { type: DataTypes.STRING, allowNull: false, unique: true },
    name: { type: DataTypes.STRING, allowNull: false },
  });
  const Product = define('product', { title: DataTypes.STRING, stock: DataTypes.INTEGER });
  const Order = define('order', {});
  const Item = define('item', { quantity: DataTypes.INTEGER });
  const Event = define('event', { kind: DataTypes.ENUM(...eventKinds) });
  Customer.hasMany(Order);
  Order.belongsTo(Customer);
  Order.hasMany(Item);
  Item.belongsTo(Order);
  Item.belongsTo(Product);
  return { sequelize, Customer, Product, Order, Item, Event };
}

const eventKinds = Array.from({ length: 20 }, (_, i) => `kind ${i}`);

async function makeTables(url: string): Promise<void> {
  const { sequelize, Product } = connect(url);
  await sequelize.authenticate();
  await sequelize.sync();
  await sequelize.query(
    products
      .replace('(title, stock)', '(title, stock, created_at, updated_at)')
      .replace(' from ', ', now(), now() from '),
  );
  if ((await Product.count()) !== 500) throw new Error('the products are not all there');
  await sequelize.close();
}

async function open(url: string): Promise<Shop> {
  const { sequelize, Customer, Product, Order, Item, Event } = connect(url);
  const keyOf = (row: Model) => row.get('id') as number;
  return {
    signUp: async (email, name) => keyOf(await Customer.create({ email, name })),
    placeOrder: (customer, wanted) =>
      sequelize.transaction(async (transaction) => {
        const order = await Order.create({ customerId: customer }, { transaction });
        await Item.bulkCreate(
          wanted.map((product) => ({ orderId: keyOf(order), productId: product, quantity: 1 })),
          { transaction },
        );
        for (const product of wanted) {
          await Product.decrement('stock', { by: 1, where: { id: product }, transaction });
        }
        return keyOf(order);
      }),
    async readOrder(id) {
      const order = await Order.findByPk(id, { include: [Customer, Item], rejectOnEmpty: true });
      const customer = order.get('customer') as Model;
      return { customer: customer.get('name') as string, items: (order.get('items') as Model[]).length };
    },
    async page(offset, limit) {
      const { rows, count } = await Order.findAndCountAll({ offset, limit, order: [['id', 'DESC']] });
      return { rows: rows.length, total: count };
    },
    async rename(customer, name) {
      const row = await Customer.findByPk(customer, { rejectOnEmpty: true });
      await row.update({ name });
    },
    signUpTwice: (email, taken) =>
      sequelize.transaction(async (transaction) => {
        await Customer.create({ email, name: 'lost' }, { transaction });
        await Customer.create({ email: taken, name: 'refused' }, { transaction });
      }),
    count: (email) => Customer.count({ where: { email } }),
    async record(kinds) {
      await Event.bulkCreate(kinds.map((kind) => ({ kind })));
    },
    close: () => sequelize.close(),
  };
}

await work({
  client: `sequelize ${versionOf('sequelize', require)}, pg ${versionOf('pg', require)}`,
  makeTables,
  open,
});
