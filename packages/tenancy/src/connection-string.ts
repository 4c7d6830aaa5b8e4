// Connection strings as clients paste them: by host name, or by the `options` route where no name resolves.
import { endpointLabel, hostOf } from './host.ts';

/** The parts of one connection string. */
export interface ConnectionStringParts {
  readonly role: string;
  /** Left out or null: the string has none, and the client asks for it. */
  readonly password?: string | null | undefined;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Further parameters in order; a `sslmode` here replaces the default `require`. */
  readonly params?: Readonly<Record<string, string>> | undefined;
}

/**
 * `postgresql://role:password@host:port/database?sslmode=require&…`, each part percent-encoded. What it holds is plain
 * within single or double quotes of a shell or a settings file: no quote, `$`, backslash, backtick or blank.
 */
export function connectionString(parts: ConnectionStringParts): string {
  const password = parts.password == null ? '' : `:${percentEncode(parts.password)}`;
  const host = parts.host.includes(':') ? `[${parts.host}]` : parts.host;
  const params = Object.entries({ sslmode: 'require', ...parts.params })
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&');
  const authority = `${percentEncode(parts.role)}${password}@${host}:${parts.port}`;
  return `postgresql://${authority}/${encodePath(parts.database)}?${params}`;
}

/** The parts of a string that finds its endpoint by `options=endpoint=…` instead of by host name. */
export interface EndpointOptionParts extends Omit<ConnectionStringParts, 'host'> {
  readonly endpointId: string;
  readonly pooled: boolean;
  /** Any name or address of Weir itself; `localhost` unless told. */
  readonly host?: string | undefined;
}

/** `postgresql://…@localhost:port/database?sslmode=require&options=endpoint%3D<id>[-pooler]`: needs neither DNS nor SNI. */
export function endpointOptionString(parts: EndpointOptionParts): string {
  return connectionString({
    ...parts,
    host: parts.host ?? 'localhost',
    params: { ...parts.params, options: `endpoint=${endpointLabel(parts.endpointId, parts.pooled)}` },
  });
}

/** What the strings of an endpoint are made from. */
export interface EndpointStringsInput {
  readonly endpointId: string;
  readonly domain: string;
  readonly port: number;
  readonly role: string;
  readonly password?: string | null | undefined;
  readonly database: string;
}

/** The four strings of an endpoint for one role and database. */
export interface EndpointStrings {
  readonly pooled: string;
  readonly direct: string;
  readonly pooledNoSni: string;
  readonly directNoSni: string;
}

/**
 * Pooled and direct, by host name and by `options`. Under a local domain the latter name `localhost`, since
 * `*.localhost` resolves on few machines; elsewhere the endpoint's own host, which a client without SNI resolves too.
 */
export function endpointStrings(input: EndpointStringsInput): EndpointStrings {
  const { endpointId, domain, port, role, password, database } = input;
  const local = /(^|\.)localhost$/i.test(domain);
  const byHost = (pooled: boolean) =>
    connectionString({ role, password, host: hostOf(endpointId, pooled, domain), port, database });
  const byOption = (pooled: boolean) =>
    endpointOptionString({
      role,
      password,
      host: local ? 'localhost' : hostOf(endpointId, pooled, domain),
      port,
      database,
      endpointId,
      pooled,
    });
  return {
    pooled: byHost(true),
    direct: byHost(false),
    pooledNoSni: byOption(true),
    directNoSni: byOption(false),
  };
}

/** As encodeURIComponent, and the characters it leaves though shells and mail programs trip over them. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** As percentEncode, but with what a path may hold left alone: node-postgres does not undo the escapes of these. */
function encodePath(text: string): string {
  return percentEncode(text).replace(/%(?:2F|3A|40|26|3D|2B|2C|3B)/g, decodeURIComponent);
}

/**
 * The parts of a `postgres://` or `postgresql://` string that names one host, or null if it is none. The port is 5432 and
 * the database the role's where the string names none, as libpq has it; of a parameter named twice the last holds.
 */
export function readConnectionString(text: string): ConnectionStringParts | null {
  const match =
    /^postgres(?:ql)?:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[^\]/?#]+\]|[^:/?#@,]*)(?::(\d{1,5}))?(?:\/([^?#]*))?(?:\?([^#]*))?$/i.exec(
      text.trim(),
    );
  if (match === null) return null;
  const [, role = '', password, host = '', port, database = '', query = ''] = match;
  try {
    const params = query
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair): [string, string] => {
        const at = pair.indexOf('=');
        return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      })
      .map(([name, value]) => [decodeURIComponent(name), decodeURIComponent(value)]);
    return {
      role: decodeURIComponent(role),
      password: password === undefined ? null : decodeURIComponent(password),
      host: decodeURIComponent(host.replace(/^\[|\]$/g, '')),
      port: port === undefined ? 5432 : Number(port),
      database: decodeURIComponent(database === '' ? role : database),
      params: Object.fromEntries(params),
    };
  } catch {
    // A stray `%`: nobody can say what was meant.
    return null;
  }
}
