// What Weir says to a tenant's database about roles. A password never stands in a statement, only its verifier does.
import { parseVerifier } from '@weir/scram';
import pg from 'pg';

/** Throws the server's error, as all here. */
export async function createDatabaseRole(
  client: pg.Client,
  role: { readonly name: string; readonly verifier: string; readonly memberOf: readonly string[] },
): Promise<void> {
  const { name, verifier, memberOf } = role;
  const within = memberOf.length === 0 ? '' : ` in role ${memberOf.map(pg.escapeIdentifier).join(', ')}`;
  await client.query(
    `create role ${pg.escapeIdentifier(name)} login password ${pg.escapeLiteral(verifier)}${within}`,
  );
}

export async function dropDatabaseRole(client: pg.Client, name: string): Promise<void> {
  await client.query(`drop role if exists ${pg.escapeIdentifier(name)}`);
}

/** Of the role that is logged in: that needs no right of anybody. */
export async function changeOwnPassword(client: pg.Client, verifier: string): Promise<void> {
  await client.query(`alter role current_user password ${pg.escapeLiteral(verifier)}`);
}

export interface ReadVerifier {
  readonly verifier: string;
  readonly validUntil: Date | null;
}

/** By the auth query of the endpoint or from pg_authid. Null: there is none, or none for SCRAM. */
export async function readVerifier(
  client: pg.Client,
  authQuery: string | null,
  name: string,
): Promise<ReadVerifier | null> {
  await client.query("set search_path to 'pg_catalog', 'pg_temp'");
  const { rows } = await client.query<unknown[]>({
    text:
      authQuery ??
      'select rolname, rolpassword, rolvaliduntil from pg_authid where rolname = $1 and rolcanlogin',
    values: [name],
    rowMode: 'array',
  });
  const [row] = rows;
  const verifier = row?.[1];
  if (rows.length !== 1 || row?.[0] !== name || typeof verifier !== 'string') return null;
  const validUntil = row[2] instanceof Date && Number.isFinite(row[2].getTime()) ? row[2] : null;
  return parseVerifier(verifier) === null ? null : { verifier, validUntil };
}
