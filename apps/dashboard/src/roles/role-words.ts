// What is said of a role: how its secret is kept, when it was rotated, and how long the password before opens.
import type { RoleReply } from '@weir/api-contract';
import { age, date } from '../format.ts';

type Rotation = RoleReply['rotation'];

/** How the role's secret is kept, in a few words. */
export function keepsText({ keeps }: Pick<RoleReply, 'keeps'>): string {
  return keeps === 'password' ? 'Password, sealed' : 'Verifier only';
}

/** When Weir gave it the password it has. */
export function rotatedText({ rotatedAt }: Pick<RoleReply, 'rotatedAt'>): string {
  return rotatedAt === null ? 'never' : date(rotatedAt);
}

/** What a rotation still means for logins; null: it is over. */
export function overlapText(rotation: Rotation, nowMs: number): string | null {
  if (rotation === null) return null;
  if (!rotation.isFinished) return 'Not finished: rotate again';
  const leftMs = Date.parse(rotation.previousUntil!) - nowMs;
  return leftMs <= 0 ? null : `The password before opens for ${age(leftMs)} more`;
}

/** Names with commas between them, as typed. */
export function namesIn(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** A list with a role as it is now. One that belongs behind what is loaded comes with its own page. */
export function withRole(
  roles: readonly RoleReply[],
  nextCursor: string | null,
  role: RoleReply,
): readonly RoleReply[] {
  const others = roles.filter(({ name }) => name !== role.name);
  const isBehind = nextCursor !== null && role.name > nextCursor;
  const all = isBehind ? others : [...others, role];
  return all.sort((one, other) => (one.name < other.name ? -1 : 1));
}

export function withoutRole(roles: readonly RoleReply[], name: string): readonly RoleReply[] {
  return roles.filter((role) => role.name !== name);
}
