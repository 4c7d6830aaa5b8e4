// The shop with Drizzle on postgres.js.
import { createRequire } from 'node:module';
import { drizzle } from 'drizzle-orm/postgres-js';
import { drizzleShop, schema } from './drizzle-tables.ts';
import { products, tables, versionOf } from './shop.ts';
import { work } from './work.ts';

const require = createRequire(import.meta.url);

await work({
  client: `drizzle-orm ${versionOf('drizzle-orm', require)}, postgres ${versionOf('postgres', require)}`,
  async makeTables(url) {
    const db = drizzle(url);
    for (const text of [...tables, products]) await db.execute(text);
    await db.$client.end();
  },
  async open(url) {
    const db = drizzle(url, { schema });
    return drizzleShop(db, () => db.$client.end());
  },
});
