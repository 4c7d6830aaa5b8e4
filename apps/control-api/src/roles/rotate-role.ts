// Rotates a role's password in three steps, of which each may be the last that is seen: both known, database told, done.
import {
  type Author,
  beginRotation,
  type EndpointRecord,
  endpointIdsOf,
  finishRotation,
  type OpenedRole,
  openRole,
  type RoleRecord,
  undoRotation,
} from '@weir/catalog';
import { ApiError } from '../errors.ts';
import type { Parts } from '../parts.ts';
import type { Create } from '../routes/once.ts';
import { askAs } from './ask-as.ts';
import { awaitPublication } from './await-publication.ts';
import { newPassword } from './role-passwords.ts';
import { changeOwnPassword } from './role-statements.ts';

/**
 * Resolves to what `show` makes of the role and its new password. Throws ApiError: `rotation-unfinished` leaves both
 * passwords open until this is called again, which gives the new one; after any other nothing has changed.
 */
export async function rotateRole<Reply>(
  parts: Parts,
  author: Author,
  endpoint: EndpointRecord,
  name: string,
  overlapMs: number,
  create: Create<Reply>,
  show: (role: RoleRecord, password: string) => Reply,
): Promise<Reply> {
  const { catalog, log } = parts;
  const was = await openRole(catalog, author.organisationId, endpoint.id, name);
  if (was === 'unknown') throw new ApiError('role-not-found');
  if (was === 'no-password') throw new ApiError('role-password-unknown');
  const password =
    was.previousPassword === null
      ? await begin(parts, author, endpoint, name, was)
      : await resume(parts, endpoint, name, was);
  return create(async (change) => {
    const role = await finishRotation(change, endpoint.id, name, overlapMs);
    if (role === null) throw new ApiError('changed-meanwhile');
    log.info({ endpointId: endpoint.id, role: name, overlapMs }, 'rotating the password of a role');
    return show(role, password);
  });
}

/** Resolves to the new password when the database has it. */
async function begin(
  parts: Parts,
  author: Author,
  endpoint: EndpointRecord,
  name: string,
  was: OpenedRole,
): Promise<string> {
  const { catalog } = parts;
  const next = await newPassword(was.verifier);
  const before = await catalog.change(author, (change) =>
    beginRotation(change, endpoint.id, name, was, next),
  );
  if (before === 'changed-meanwhile') throw new ApiError('changed-meanwhile');
  try {
    // Poolers have to know both before the database knows the new one.
    if (!(await awaitPublication(parts, endpointIdsOf(before))))
      throw new ApiError('shared-state-unavailable');
    await tellDatabase(parts, endpoint, name, was.password, next.verifier);
  } catch (error) {
    if (error instanceof ApiError && error.slug === 'rotation-unfinished') throw error;
    await catalog.change(author, (change) => undoRotation(change, before));
    throw error;
  }
  return next.password;
}

/** The same for a rotation that was begun, and of which nobody knows how far it came. */
async function resume(
  parts: Parts,
  endpoint: EndpointRecord,
  name: string,
  was: OpenedRole,
): Promise<string> {
  const { password, previousPassword, verifier } = was;
  try {
    await askAs(parts, endpoint, { user: name, password }, async () => {});
  } catch (error) {
    if (!(error instanceof ApiError) || error.slug !== 'upstream-password-wrong') throw error;
    await tellDatabase(parts, endpoint, name, previousPassword!, verifier);
  }
  return password;
}

/** Throws ApiError: `rotation-unfinished` if the statement was sent and no answer came. */
async function tellDatabase(
  parts: Parts,
  endpoint: EndpointRecord,
  name: string,
  password: string,
  verifier: string,
): Promise<void> {
  let isSent = false;
  try {
    await askAs(parts, endpoint, { user: name, password }, (client) => {
      isSent = true;
      return changeOwnPassword(client, verifier);
    });
  } catch (error) {
    if (!isSent || isAnswer((error as ApiError).cause)) throw error;
    throw new ApiError('rotation-unfinished', { detail: (error as Error).message, cause: error });
  }
}

/** An SQLSTATE, but not of a server that is going away: that may come after the statement was done. */
function isAnswer(cause: unknown): boolean {
  const code = String((cause as { code?: unknown } | undefined)?.code);
  return /^[0-9A-Z]{5}$/.test(code) && !/^(08|57)/.test(code);
}
