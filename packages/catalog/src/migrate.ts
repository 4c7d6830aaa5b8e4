// Brings the catalog's tables up to this release, one process at a time.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';

// Any number does, as long as every release uses the same one: «weir» in ASCII.
const migrationLock = 0x77656972;

/**
 * Applies the migrations that are missing, under an advisory lock, on a connection of its own.
 * Rejects with the server's error; what was applied stays whole, since all runs in one transaction.
 */
export async function applyMigrations(url: string, folder: string = findMigrations()): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'weir-migrate' });
  // A server that goes away is reported by the query that was running.
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    // The lock ends with the connection, whatever happens.
    await migrate(drizzle(client), { migrationsFolder: folder });
  } finally {
    await client.end();
  }
}

/** In the source tree they are a folder of the package; beside a bundle they are copied next to it. */
function findMigrations(): string {
  for (const place of ['./migrations', '../migrations']) {
    const folder = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(`${folder}/meta/_journal.json`)) return folder;
  }
  throw new Error('the catalog migrations are not beside the program (folder "migrations")');
}
