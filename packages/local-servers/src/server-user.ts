// As whom Postgres runs: it refuses root, so root's servers run as nobody, in directories that nobody can reach.
import { chownSync, lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { LocalServerError } from './errors.ts';

/** The user of a server process; undefined: the one we are. */
export interface ServerUser {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

const nobody = 65_534;

/** As whom a Postgres server must run here. Throws LocalServerError for a user that Postgres cannot work with. */
export function postgresUser(): ServerUser {
  if (process.getuid?.() === 0) return { uid: nobody, gid: nobody };
  try {
    userInfo();
  } catch (error) {
    throw new LocalServerError(
      'BINARIES_UNUSABLE',
      `the user id ${process.getuid?.()} has no entry in /etc/passwd`,
      {
        hint: 'Postgres refuses to start for such a user; run as a user that has one, or as root',
        cause: error,
      },
    );
  }
  return { uid: undefined, gid: undefined };
}

/** Whether `user` may pass through every directory above and including `directory`, as far as it exists. */
export function canReach(directory: string, user: ServerUser): boolean {
  if (user.uid === undefined) return true;
  for (let path = directory; ; path = dirname(path)) {
    try {
      const facts = statSync(path);
      const passes =
        facts.uid === user.uid
          ? facts.mode & 0o100
          : facts.gid === user.gid
            ? facts.mode & 0o010
            : facts.mode & 0o001;
      if (passes === 0) return false;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return false;
    }
    if (path === dirname(path)) return true;
  }
}

/** Makes a directory that belongs to `user` and to nobody else; what is above it is made passable but left as it is. */
export function makeOwnDirectory(directory: string, user: ServerUser): void {
  mkdirSync(dirname(directory), { recursive: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  giveTo(directory, user);
}

/** Gives one file or directory to `user`. */
export function giveTo(path: string, user: ServerUser): void {
  // Never through a link: root would hand over whatever it points to.
  if (user.uid !== undefined && !lstatSync(path).isSymbolicLink())
    chownSync(path, user.uid, user.gid ?? user.uid);
}

/** The pid in the first line of a lock file, or null. */
export function lockFilePid(file: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}
