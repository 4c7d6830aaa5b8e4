// Rows of roles with their sealed secrets: where each is bound to, how they are opened and written.
import { sql } from 'drizzle-orm';
import type { CatalogTransaction } from './catalog.ts';
import type { RoleRow, RoleSecret } from './records.ts';
import { roles } from './schema.ts';
import type { Sealer } from './sealer.ts';

/** Null: none is kept. */
export interface RolePasswords {
  readonly password: string | null;
  readonly previousPassword: string | null;
}

/** Throws CatalogSealError. */
export function openRolePasswords(sealer: Sealer, row: RoleRow): RolePasswords {
  const { passwordSealed, previousPasswordSealed } = row;
  return {
    password: passwordSealed === null ? null : sealer.open(passwordSealed, passwordPlace(row)),
    previousPassword:
      previousPasswordSealed === null
        ? null
        : sealer.open(previousPasswordSealed, previousPasswordPlace(row)),
  };
}

type RoleKey = Pick<RoleRow, 'endpointId' | 'name'>;

/** For column `password_sealed`. */
export function sealRolePassword(sealer: Sealer, key: RoleKey, password: string): string {
  return sealer.seal(password, passwordPlace(key));
}

/** For column `previous_password_sealed`. */
export function sealPreviousPassword(sealer: Sealer, key: RoleKey, password: string): string {
  return sealer.seal(password, previousPasswordPlace(key));
}

/** Adds a role, or replaces what is known of it. An overlap goes on if its password is still the same. */
export async function writeRole(
  tx: CatalogTransaction,
  sealer: Sealer,
  endpointId: string,
  { name, password, ...secret }: RoleSecret,
): Promise<RoleRow> {
  const values = {
    ...secret,
    passwordSealed: password === null ? null : sealRolePassword(sealer, { endpointId, name }, password),
  };
  const isSame = sql`${roles.verifier} = excluded.verifier and excluded.password_sealed is not null`;
  const [row] = await tx
    .insert(roles)
    .values({ endpointId, name, ...values })
    .onConflictDoUpdate({
      target: [roles.endpointId, roles.name],
      set: {
        ...values,
        previousVerifier: sql`case when ${isSame} then ${roles.previousVerifier} end`,
        previousPasswordSealed: sql`case when ${isSame} then ${roles.previousPasswordSealed} end`,
        previousUntil: sql`case when ${isSame} then ${roles.previousUntil} end`,
        rotatedAt: sql`case when ${isSame} then ${roles.rotatedAt} end`,
        updatedAt: sql`now()`,
      },
    })
    .returning();
  return row!;
}

export function passwordPlace({ endpointId, name }: RoleKey) {
  return ['roles', 'password', endpointId, name] as const;
}

export function previousPasswordPlace({ endpointId, name }: RoleKey) {
  return ['roles', 'previous_password', endpointId, name] as const;
}
