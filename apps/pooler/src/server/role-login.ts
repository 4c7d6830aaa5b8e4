// Opens a server connection for a role with whichever of its secrets the server takes: in a rotation there are two.
import type { PublishedEndpoint } from '@weir/tenancy';
import type { ServerCredential } from '../client/authenticate.ts';
import { PoolerError } from '../errors.ts';

/** What is known of a role here, and who may know better. */
export interface RoleLogin {
  readonly role: string;
  /** What a client of the role proved last; null: nothing. */
  readonly proven: ServerCredential | null;
  /** The newest record in hand. */
  endpoint(): PublishedEndpoint;
  /** Reads the record again; afterwards `endpoint` gives what came. Never rejects. */
  readAgain(): Promise<void>;
}

/**
 * Runs `open` with one secret after the other until the server takes one. Rejects as `open` does for the last, and at
 * once for anything but a refused password; PoolerError INTERNAL if there is no secret at all.
 */
export async function openForRole<T>(
  login: RoleLogin,
  open: (credential: ServerCredential) => Promise<T>,
): Promise<{ readonly opened: T; readonly credential: ServerCredential }> {
  const tried = new Set<string>();
  let refused: unknown = new PoolerError('INTERNAL', {}, { cause: new Error('no credential') });
  for (let isReadAgain = false; ; isReadAgain = true) {
    for (const credential of secretsOf(login)) {
      const name = nameOf(credential);
      if (tried.has(name)) continue;
      tried.add(name);
      try {
        return { opened: await open(credential), credential };
      } catch (error) {
        if (!(error instanceof PoolerError) || error.code !== 'SERVER_PASSWORD_REFUSED') throw error;
        refused = error;
      }
    }
    // Only where the record holds a password, which a rotation may have replaced before the news came here.
    if (isReadAgain || publishedRole(login)?.password == null) throw refused;
    await login.readAgain();
  }
}

/** In the order in which the server is likely to take them. */
function secretsOf(login: RoleLogin): ServerCredential[] {
  const { role, proven } = login;
  const published = publishedRole(login);
  // While a rotation is not finished the server mostly still has the old one.
  const passwords = [published?.previous?.password, published?.password].flatMap((password) =>
    password == null ? [] : [{ role, password }],
  );
  const isUnderWay = published?.previous?.password != null;
  if (proven === null) return passwords;
  return isUnderWay ? [...passwords, proven] : [proven, ...passwords];
}

function publishedRole({ role, endpoint }: RoleLogin) {
  return endpoint().roles.find(({ name }) => name === role);
}

/** Equal only for equal secrets. Stays in this call. */
function nameOf({ clientKey, password }: ServerCredential): string {
  return clientKey === undefined
    ? `password ${password}`
    : `key ${Buffer.from(clientKey).toString('base64')}`;
}
