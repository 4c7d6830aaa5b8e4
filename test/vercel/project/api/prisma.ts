// A function on Prisma 7 and its adapter for node-postgres.
import { prisma } from '../lib/prisma';

export async function GET(): Promise<Response> {
  const [row] = await prisma.$queryRaw<object[]>`select current_user as role, 42 as answer`;
  return Response.json(row);
}
