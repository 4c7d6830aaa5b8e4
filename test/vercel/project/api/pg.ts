// A function on node-postgres; its pool belongs to the instance.
import { pool } from '../lib/db';

export async function GET(): Promise<Response> {
  const { rows } = await pool.query('select current_user as role, 42 as answer');
  return Response.json(rows[0]);
}
