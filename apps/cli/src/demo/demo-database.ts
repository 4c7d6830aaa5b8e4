// Fills the demo tenant's Postgres: a database with a role that owns it, a few rows, and the auth query for further roles.
import pg from 'pg';
import { CommandError } from '../command.ts';

export const demoDatabase = 'shop';
export const demoRole = 'demo';

/** What the tenant is created with, so that roles which the catalog does not know can log in as well. */
export const demoAuthQuery = 'SELECT role, password FROM weir.role_verifier($1)';

const products = [
  ['otter', 12.5],
  ['heron', 19],
  ['dipper', 7.25],
  ['kingfisher', 31.4],
  ['mayfly', 0.8],
  ['grayling', 15.9],
] as const;

/** Makes what is missing; what is there is left as it is. `superuserUrl` leads to any database of the server. */
export async function fillDemoDatabase(superuserUrl: string, rolePassword: string): Promise<void> {
  await withClient(superuserUrl, async (client) => {
    const role = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [demoRole]);
    const verb = role.rowCount === 0 ? 'CREATE' : 'ALTER';
    await client.query(`${verb} ROLE ${demoRole} LOGIN PASSWORD ${client.escapeLiteral(rolePassword)}`);
    const database = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [demoDatabase]);
    if (database.rowCount === 0) await client.query(`CREATE DATABASE ${demoDatabase} OWNER ${demoRole}`);
  });
  const shop = new URL(superuserUrl);
  shop.pathname = `/${demoDatabase}`;
  await withClient(shop.href, async (client) => {
    // Verifiers of roles that can log in, superusers apart: nobody becomes one by way of a pooler.
    await client.query(`
      BEGIN;
      CREATE SCHEMA IF NOT EXISTS weir;
      GRANT USAGE ON SCHEMA weir TO ${demoRole};
      CREATE OR REPLACE FUNCTION weir.role_verifier(name text, OUT role text, OUT password text) RETURNS SETOF record
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
        AS $$ SELECT rolname::text, rolpassword FROM pg_authid WHERE rolname = name AND rolcanlogin AND NOT rolsuper $$;
      REVOKE ALL ON FUNCTION weir.role_verifier(text) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION weir.role_verifier(text) TO ${demoRole};
      COMMIT;
    `);
    await client.query(`SET ROLE ${demoRole}`);
    await client.query(`
      CREATE TABLE IF NOT EXISTS products (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL UNIQUE,
        price numeric(8, 2) NOT NULL
      )
    `);
    await client.query(
      'INSERT INTO products (name, price) SELECT * FROM unnest($1::text[], $2::numeric[]) ON CONFLICT (name) DO NOTHING',
      [products.map(([name]) => name), products.map(([, price]) => price)],
    );
  });
}

/** Makes an empty database unless it is there. */
export async function ensureDatabase(superuserUrl: string, name: string): Promise<void> {
  await withClient(superuserUrl, async (client) => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  });
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 60_000 });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (cause) {
    const { host } = new URL(url);
    throw new CommandError(`the database at ${host} cannot be asked: ${(cause as Error).message}`, { cause });
  }
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
