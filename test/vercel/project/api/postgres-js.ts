// A function on postgres.js; its client belongs to the instance.
import { sql } from '../lib/sql';

export async function GET(): Promise<Response> {
  const [row] = await sql`select current_user as role, 42 as answer`;
  return Response.json(row);
}
