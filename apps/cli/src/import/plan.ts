// From the settings of PgBouncer to what has to be made here: one endpoint for each server, overrides for its databases and users.
import type { CreateEndpointInput } from '@weir/api-contract';
import { overridesMax } from '@weir/tenancy';
import { type IniEntry, type IniFile, type LineNote, readKeyValues } from './ini-file.ts';
import { type Carried, globalKeys, isOfTheProcess, overrideKeys } from './pool-keys.ts';

/** One endpoint to make. */
export interface PlannedEndpoint {
  readonly body: CreateEndpointInput;
  /** Names by which clients reached its databases, where they have to use another from now on. */
  readonly renamed: readonly { readonly alias: string; readonly database: string }[];
}

export interface ImportPlan {
  readonly endpoints: readonly PlannedEndpoint[];
  /** What is not carried over, in the order of the lines. */
  readonly notes: readonly LineNote[];
  /** What has to be given before the plan can be carried out. */
  readonly missing: readonly string[];
}

/** What the file does not say. */
export interface ImportChoice {
  readonly computeRamGb: number;
  /** Role that Weir logs in as, where the file names none with a password. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly caPem?: string | undefined;
}

type Override = NonNullable<NonNullable<CreateEndpointInput['settings']>['overrides']>[number];

type Settings = Readonly<Record<string, unknown>>;

const idleMinimum =
  'min_pool_size keeps nothing open in session mode, where each client has a server connection opened for it alone';

interface DatabaseEntry {
  readonly entry: IniEntry;
  readonly parts: ReadonlyMap<string, string>;
}

/** Pure. `users` are the passwords of the auth_file. */
export function planImport(
  ini: IniFile,
  users: ReadonlyMap<string, string>,
  choice: ImportChoice,
): ImportPlan {
  const notes: LineNote[] = [...ini.notes];
  const lose = ({ file, line }: IniEntry, text: string) => notes.push({ file, line, text });
  const take = (entry: IniEntry, key: string, carried: Carried | undefined): Record<string, unknown> => {
    if (carried === undefined) lose(entry, `${key} is not known`);
    else if ('lost' in carried) lose(entry, `${key} is not carried over: ${carried.lost}`);
    else return carried.settings;
    return {};
  };
  /** `made` by one entry, over what the whole file has. */
  const tellIdleMinimum = (entry: IniEntry, made: Settings, common: Settings = {}) => {
    const { mode, poolSizeMin } = { ...common, ...made };
    const isOfEntry = made.mode !== undefined || made.poolSizeMin !== undefined;
    if (isOfEntry && mode === 'session' && Number(poolSizeMin ?? 0) > 0) lose(entry, idleMinimum);
  };
  const inSection = (name: string) => ini.entries.filter((entry) => entry.section === name);
  const global = new Map(inSection('pgbouncer').map((entry) => [entry.key, entry.value]));

  const settings: Record<string, unknown> = {};
  for (const entry of inSection('pgbouncer')) {
    const make = Object.hasOwn(globalKeys, entry.key) ? globalKeys[entry.key] : undefined;
    if (make !== undefined || !isOfTheProcess(entry.key))
      Object.assign(settings, take(entry, entry.key, make?.(entry.value)));
  }
  const minimum = inSection('pgbouncer').findLast(({ key }) => key === 'min_pool_size');
  if (minimum !== undefined) tellIdleMinimum(minimum, settings);
  for (const entry of ini.entries) {
    if (!['pgbouncer', 'databases', 'users'].includes(entry.section)) {
      lose(entry, `section [${entry.section}] is not carried over`);
    }
  }

  const overridesOf = (entry: IniEntry, parts: ReadonlyMap<string, string>, known: ReadonlySet<string>) => {
    const made: Record<string, unknown> = {};
    for (const [key, value] of parts) {
      if (known.has(key)) continue;
      const make = Object.hasOwn(overrideKeys, key) ? overrideKeys[key] : undefined;
      Object.assign(made, take(entry, key, make?.(value)));
    }
    return made;
  };

  const roleOverrides: Override[] = [];
  for (const entry of inSection('users')) {
    const parts = readKeyValues(entry.value);
    if (parts === null) {
      lose(entry, `the settings of user ${entry.key} cannot be read`);
      continue;
    }
    const made = overridesOf(entry, parts, new Set());
    if (Object.keys(made).length === 0) continue;
    tellIdleMinimum(entry, made, settings);
    roleOverrides.push({ role: entry.key, database: null, settings: made });
  }

  const missing: string[] = [];
  const endpoints: PlannedEndpoint[] = [];
  for (const [, databases] of byServer(inSection('databases'), lose)) {
    const first = databases[0]!;
    const overrides: Override[] = [...roleOverrides];
    const renamed: { alias: string; database: string }[] = [];
    for (const { entry, parts } of databases) {
      const database = parts.get('dbname') ?? entry.key;
      if (entry.key !== '*' && database !== entry.key) renamed.push({ alias: entry.key, database });
      if (parts.has('user')) {
        lose(entry, `clients log in as themselves, and not all as ${parts.get('user')}`);
      }
      const made = overridesOf(entry, parts, forTheServer);
      if (Object.keys(made).length === 0) continue;
      if (entry.key === '*') lose(entry, 'the settings of * are not carried over: name each database');
      else if (overrides.some((one) => one.database === database)) {
        lose(entry, `${database} has the settings of an earlier line already`);
      } else {
        tellIdleMinimum(entry, made, settings);
        overrides.push({ role: null, database, settings: made });
      }
    }
    for (const left of overrides.splice(overridesMax)) {
      lose(
        first.entry,
        `an endpoint has at most ${overridesMax} overrides; those of ${left.database ?? left.role} are too many`,
      );
    }
    const named = databases.find(({ entry }) => entry.key !== '*');
    const user =
      first.parts.get('auth_user') ?? first.parts.get('user') ?? global.get('auth_user') ?? choice.user ?? '';
    const listed = users.get(user);
    const isHash = listed !== undefined && /^(?:SCRAM-SHA-256\$|md5[0-9a-f]{32}$)/.test(listed);
    const password = first.parts.get('password') ?? (isHash ? undefined : listed) ?? choice.password ?? '';
    const host = first.parts.get('host') ?? '';
    if (user === '') missing.push(`--user, the role that Weir logs in as at ${host}`);
    if (password === '')
      missing.push(`--password-file, with the password of ${user || 'that role'} at ${host}`);
    const authQuery = first.parts.get('auth_query') ?? global.get('auth_query');
    endpoints.push({
      renamed,
      body: {
        upstream: {
          host,
          port: Number(first.parts.get('port') ?? 5432),
          database: named === undefined ? 'postgres' : (named.parts.get('dbname') ?? named.entry.key),
          user,
          password,
          tlsMode: serverTls(global.get('server_tls_sslmode')),
          ...(choice.caPem !== undefined && { caPem: choice.caPem }),
        },
        computeRamGb: choice.computeRamGb,
        settings: { ...settings, ...(overrides.length > 0 && { overrides }) },
        ...(authQuery !== undefined && { authQuery }),
      },
    });
  }
  if (endpoints.length === 0) missing.push('a line in [databases] that names a host');
  notes.sort((one, other) => (one.file === other.file ? one.line - other.line : 0));
  return { endpoints, notes, missing };
}

// Parts of a database's line that say where its server is and who logs in, which the endpoint has.
const forTheServer = new Set(['host', 'port', 'dbname', 'user', 'password', 'auth_user', 'auth_query']);

/** Databases by host and port, in the order of the file; those that no endpoint can lead to are noted. */
function byServer(
  entries: readonly IniEntry[],
  lose: (entry: IniEntry, text: string) => void,
): ReadonlyMap<string, DatabaseEntry[]> {
  const servers = new Map<string, DatabaseEntry[]>();
  for (const entry of entries) {
    const parts = readKeyValues(entry.value);
    const host = parts?.get('host');
    if (parts === null) lose(entry, `the connection string of ${entry.key} cannot be read`);
    else if (host === undefined || host.startsWith('/') || host.startsWith('@')) {
      lose(entry, `${entry.key} is reached over a Unix socket; name a host that Weir can reach`);
    } else if (host.includes(',')) {
      lose(entry, `${entry.key} names several hosts; an endpoint leads to one: make one for each`);
    } else {
      const server = `${host}:${parts.get('port') ?? 5432}`;
      servers.set(server, [...(servers.get(server) ?? []), { entry, parts }]);
    }
  }
  return servers;
}

/** The nearest mode that is not weaker; to fall back to no TLS in silence is not offered. */
function serverTls(mode: string | undefined): 'disable' | 'require' | 'verify-ca' | 'verify-full' {
  if (mode === 'disable' || mode === 'verify-ca' || mode === 'verify-full') return mode;
  return 'require';
}
