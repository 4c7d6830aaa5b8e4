// What the Connect dialog shows: no password but in the reply that made it, and each side's snippets on its own host.
import type { ConnectionStringsReply, EndpointReply } from '@weir/api-contract';
import { expect, test } from 'vitest';
import { snippetsOf, stringOf, stringsToShow } from './strings.ts';

const endpoint = {
  id: 'ep-calm-river-a1b2c3',
  hosts: {
    pooled: 'ep-calm-river-a1b2c3-pooler.db.localhost',
    direct: 'ep-calm-river-a1b2c3.db.localhost',
    port: 5432,
  },
  defaultDatabase: 'shop',
} as EndpointReply;

const shop = { role: 'app', database: 'shop' };

const fresh = {
  role: 'app',
  database: 'shop',
  kind: 'read_write',
  passwordIncluded: true,
  pooled: 'postgresql://app:s3cret@pooled/shop',
  direct: 'postgresql://app:s3cret@direct/shop',
  pooledNoSni: 'postgresql://app:s3cret@localhost/shop?options=pooled',
  directNoSni: 'postgresql://app:s3cret@localhost/shop?options=direct',
  snippets: [],
} satisfies ConnectionStringsReply;

test('without the reply that made the endpoint, the password is a placeholder', () => {
  const strings = stringsToShow(endpoint, shop, null);
  expect(strings.hasPassword).toBe(false);
  expect(strings.pooled).toBe(
    'postgresql://app:[password]@ep-calm-river-a1b2c3-pooler.db.localhost:5432/shop?sslmode=require',
  );
  expect(strings.directNoSni).toBe(
    'postgresql://app:[password]@localhost:5432/shop?sslmode=require&options=endpoint%3Dep-calm-river-a1b2c3',
  );
});

test('the reply that made the endpoint lends its password to its own role only', () => {
  expect(stringsToShow(endpoint, shop, fresh).pooled).toBe(fresh.pooled);
  expect(stringsToShow(endpoint, { ...shop, role: 'other' }, fresh).pooled).toContain('other:[password]@');
});

test('another database gets strings of its own, with the password if that is known', () => {
  const other = { role: 'app', database: 'ma ss' };
  expect(stringsToShow(endpoint, other, null).pooled).toContain('app:[password]@');
  const pooled = fresh.pooled.replace('s3cret', 'p%40ss%25');
  const strings = stringsToShow(endpoint, other, { ...fresh, pooled });
  expect(strings.hasPassword).toBe(true);
  expect(strings.direct).toBe(
    'postgresql://app:p%40ss%25@ep-calm-river-a1b2c3.db.localhost:5432/ma%20ss?sslmode=require',
  );
  const psql = snippetsOf(strings, { pooled: true, bySni: true }).find((made) => made.id === 'psql');
  expect(psql?.text).toContain('/ma%20ss?');
});

test('snippets of the direct side use the direct string', () => {
  const strings = stringsToShow(endpoint, shop, fresh);
  const byId = new Map(
    snippetsOf(strings, { pooled: false, bySni: true }).map((made) => [made.id, made.text]),
  );
  expect(byId.get('psql')).toContain(fresh.direct);
  expect(byId.get('node-postgres')).toContain('process.env.DIRECT_URL');
  expect(byId.get('env')).toBe(`DATABASE_URL="${fresh.pooled}"\nDIRECT_URL="${fresh.direct}"\n`);
});

test('where names do not resolve, strings and snippets name the endpoint in options', () => {
  const strings = stringsToShow(endpoint, shop, fresh);
  expect(stringOf(strings, { pooled: true, bySni: false })).toBe(fresh.pooledNoSni);
  const psql = snippetsOf(strings, { pooled: true, bySni: false }).find((made) => made.id === 'psql');
  expect(psql?.text).toContain(fresh.pooledNoSni);
});

test('the placeholder stays readable in every snippet', () => {
  const strings = stringsToShow(endpoint, shop, null);
  const jdbc = snippetsOf(strings, { pooled: true, bySni: true }).find((made) => made.id === 'jdbc');
  expect(jdbc?.text).toContain('&password=[password]&');
});
