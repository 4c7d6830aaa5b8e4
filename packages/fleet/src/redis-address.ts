// What an operator writes to say where Redis is: one server, a master that Sentinel watches, or a cluster.
export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

export type RedisAddress =
  | { readonly kind: 'server'; readonly url: string }
  | (RedisLogin & {
      readonly kind: 'sentinel';
      readonly sentinels: readonly RedisHost[];
      /** By which the sentinels know the master. */
      readonly master: string;
      readonly database: number;
      readonly sentinelUser: string | undefined;
      readonly sentinelPassword: string | undefined;
    })
  | (RedisLogin & {
      readonly kind: 'cluster';
      /** Some of them; they tell of the others. */
      readonly nodes: readonly RedisHost[];
    });

interface RedisLogin {
  readonly tls: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** Thrown for a text that is no address. Never says what was written, which may hold a password. */
export class RedisAddressError extends Error {
  override readonly name = 'RedisAddressError';
}

const shape =
  /^(?<scheme>rediss?)\+(?<kind>sentinel|cluster):\/\/(?:(?<login>[^@/]*)@)?(?<hosts>[^@/?#]+)(?:\/(?<database>[^?#]*))?(?:\?(?<query>.*))?$/;
const defaultPorts = { sentinel: 26_379, cluster: 6_379 } as const;
const sentinelParameters = ['master', 'sentinelUser', 'sentinelPassword'];

/**
 * `redis://` or `rediss://` for one server, `redis+sentinel://user:password@s1:26379,s2:26379/0?master=name` or
 * `redis+cluster://user:password@n1:6379,n2:6379`; `rediss+…` with TLS. Throws RedisAddressError.
 */
export function parseRedisAddress(text: string): RedisAddress {
  if (/^rediss?:\/\/./.test(text)) {
    if (!URL.canParse(text)) throw new RedisAddressError('is no URL');
    return { kind: 'server', url: text };
  }
  const found = shape.exec(text)?.groups;
  if (found === undefined) {
    throw new RedisAddressError(
      'begins with none of redis://, rediss://, redis+sentinel://host,host/0?master=name and redis+cluster://host,host',
    );
  }
  const kind = found.kind as 'sentinel' | 'cluster';
  const [user, password] = (found.login ?? '').split(/:(.*)/s).map(decoded);
  const login = { tls: found.scheme === 'rediss', user, password };
  const hosts = found.hosts!.split(',').map((host) => hostOf(host, defaultPorts[kind]));
  const query = new URLSearchParams(found.query ?? '');
  const known = kind === 'sentinel' ? sentinelParameters : [];
  const unknown = [...query.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw new RedisAddressError(`has a parameter that nobody knows: ${unknown}`);
  const database = found.database ?? '';
  if (kind === 'cluster') {
    if (database !== '' && database !== '0')
      throw new RedisAddressError('names a database, and a cluster has one only');
    return { kind, ...login, nodes: hosts };
  }
  const master = query.get('master');
  if (!master) throw new RedisAddressError('does not name the master: ?master=name');
  if (!/^\d*$/.test(database)) throw new RedisAddressError('has a database that is no number');
  return {
    kind,
    ...login,
    sentinels: hosts,
    master,
    database: Number(database),
    sentinelUser: query.get('sentinelUser') ?? undefined,
    sentinelPassword: query.get('sentinelPassword') ?? undefined,
  };
}

function hostOf(text: string, defaultPort: number): RedisHost {
  const [, bracketed, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? name;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port < 1 || port > 65_535)
    throw new RedisAddressError('has a host that is none: host:port');
  return { host, port };
}

function decoded(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisAddressError('has a user or password that is not percent-encoded');
  }
}

/** What is wrong with `text` as an address, as a sentence that begins after the name of a setting; null: nothing. */
export function redisAddressFault(text: string): string | null {
  try {
    parseRedisAddress(text);
    return null;
  } catch (error) {
    if (error instanceof RedisAddressError) return error.message;
    throw error;
  }
}
