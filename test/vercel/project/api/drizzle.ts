// A function on Drizzle, over the same kind of pool as on node-postgres.
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { pool } from '../lib/db';

const db = drizzle({ client: pool });

export async function GET(): Promise<Response> {
  const { rows } = await db.execute(sql`select current_user as role, 42 as answer`);
  return Response.json(rows[0]);
}
