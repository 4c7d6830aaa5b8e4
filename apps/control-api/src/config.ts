// The environment of control-api as typed values, read once. All that is wrong with it is said at once, by variable.
import { isIP } from 'node:net';
import type { Cell } from '@weir/catalog';
import { redisAddressFault } from '@weir/fleet';
import type { EgressPolicy } from '@weir/net';
import type { LogLevel } from '@weir/telemetry';
import { readCells } from './cells.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export type DnsConfig = {
  /** By cell, where its records lead: exactly one host name, or addresses. */
  readonly targets: ReadonlyMap<string, readonly string[]>;
} & (
  | { readonly kind: 'zone' | 'hosts'; readonly path: string }
  | { readonly kind: 'webhook'; readonly url: string; readonly secretFile: string }
);

export interface ControlApiConfig {
  readonly listen: ListenAddress;
  readonly catalogUrl: string;
  /** Null: shared state is handed in by whoever starts us. */
  readonly redisUrl: string | null;
  readonly sealKeyFile: string;
  /** Hosts of endpoints are `<endpoint>[-pooler].[<region>.]<domain>`. */
  readonly domain: string;
  /** At least one; the first is that of new tenants. */
  readonly cells: readonly Cell[];
  /** Port of the pooler in connection strings. */
  readonly publicPort: number;
  readonly egressAllow: { readonly loopback: boolean; readonly private: boolean };
  /** Where our own poolers listen; no upstream may be there. */
  readonly ownListeners: readonly { readonly address: string; readonly port: number }[];
  /** Where the API key made at first start is written; null: there must be one already. */
  readonly firstKeyFile: string | null;
  /** Between two checks of a database that no traffic tells of; null: none is made. */
  readonly healthCheckMs: number | null;
  /** Of one API key, at this process. */
  readonly requestsPerMinute: number;
  /** Of tokens for credentials, by one source, at this process. */
  readonly exchangesPerMinute: number;
  /** For how long the deletion of a tenant can be undone. */
  readonly deletionGraceMs: number;
  /** Where jobs are done: in this process, or in workers of their own. */
  readonly jobs: 'here' | 'elsewhere';
  /** Who keeps a DNS record for each endpoint; null: nobody, since a wildcard leads to all of them. */
  readonly dns: DnsConfig | null;
  /** The built dashboard; null: none is served. */
  readonly dashboardDir: string | null;
  readonly logLevel: LogLevel;
}

/** What may be dialled for whoever calls the API. */
export function egressPolicy({ egressAllow, ownListeners }: ControlApiConfig): EgressPolicy {
  return {
    allowLoopback: egressAllow.loopback,
    allowPrivate: egressAllow.private,
    denied: ownListeners,
  };
}

/** The environment is not right; the text names each variable. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const logLevels: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Throws ConfigError. */
export function readControlApiConfig(env: Readonly<Record<string, string | undefined>>): ControlApiConfig {
  const faults: string[] = [];
  const text = (name: string): string | null => env[name]?.trim() || null;
  const required = (name: string, what: string): string => {
    const value = text(name);
    if (value === null) faults.push(`${name} is missing: ${what}`);
    return value ?? '';
  };
  const address = (name: string, value: string): ListenAddress => {
    const parsed = parseListenAddress(value);
    if (parsed === null) faults.push(`${name}: "${value}" is not <address>:<port>`);
    return parsed ?? { host: '', port: 0 };
  };
  const list = (name: string): string[] => partsOf(text(name) ?? '', ',');

  const egress = list('WEIR_EGRESS_ALLOW');
  for (const word of egress) {
    if (word !== 'loopback' && word !== 'private') {
      faults.push(`WEIR_EGRESS_ALLOW: "${word}" is neither loopback nor private`);
    }
  }
  const ownListeners = list('WEIR_OWN_LISTENERS').map((value) => {
    const { host, port } = address('WEIR_OWN_LISTENERS', value);
    if (host !== '' && isIP(host) === 0) faults.push(`WEIR_OWN_LISTENERS: "${host}" is not an IP address`);
    return { address: host, port };
  });
  const publicPort = Number(text('WEIR_PUBLIC_PORT') ?? 5432);
  if (!Number.isInteger(publicPort) || publicPort < 1 || publicPort > 65_535) {
    faults.push('WEIR_PUBLIC_PORT is not a port');
  }
  const countOf = (name: string, otherwise: number): number => {
    const count = Number(text(name) ?? otherwise);
    if (!Number.isInteger(count) || count < 1) faults.push(`${name} is not a whole number of at least 1`);
    return count;
  };
  const requestsPerMinute = countOf('WEIR_API_REQUESTS_PER_MINUTE', 6000);
  const exchangesPerMinute = countOf('WEIR_EXCHANGES_PER_MINUTE', 600);
  const healthMinutes = Number(text('WEIR_HEALTH_CHECK_MINUTES') ?? 30);
  if (!(healthMinutes >= 0 && healthMinutes <= 1440)) {
    faults.push('WEIR_HEALTH_CHECK_MINUTES is not a number of minutes from 0 (never) to 1440');
  }
  const graceHours = Number(text('WEIR_DELETION_GRACE_HOURS') ?? 72);
  if (!(graceHours >= 0 && graceHours <= 8760)) {
    faults.push('WEIR_DELETION_GRACE_HOURS is not a number of hours from 0 to 8760');
  }
  const jobs = text('WEIR_JOBS') ?? 'here';
  if (jobs !== 'here' && jobs !== 'elsewhere')
    faults.push(`WEIR_JOBS: "${jobs}" is neither here nor elsewhere`);
  const redisUrl = text('WEIR_REDIS_URL');
  const fault = redisUrl === null ? null : redisAddressFault(redisUrl);
  if (fault !== null) faults.push(`WEIR_REDIS_URL ${fault}`);
  const logLevel = text('WEIR_LOG_LEVEL') ?? 'info';
  if (!logLevels.includes(logLevel))
    faults.push(`WEIR_LOG_LEVEL: "${logLevel}" is not one of ${logLevels.join(', ')}`);

  const cells = readCells(list('WEIR_CELLS'), faults);

  const config: ControlApiConfig = {
    listen: address('WEIR_API_LISTEN', text('WEIR_API_LISTEN') ?? '127.0.0.1:8080'),
    catalogUrl: required('WEIR_CATALOG_URL', 'postgresql:// URL of the catalog database'),
    redisUrl,
    sealKeyFile: required(
      'WEIR_SEAL_KEY_FILE',
      'file with the keys that seal secrets, a line <keyId>:<64 hex> each',
    ),
    domain: text('WEIR_DOMAIN') ?? 'db.localhost',
    cells,
    publicPort,
    egressAllow: { loopback: egress.includes('loopback'), private: egress.includes('private') },
    ownListeners,
    firstKeyFile: text('WEIR_FIRST_KEY_FILE'),
    healthCheckMs: healthMinutes === 0 ? null : Math.round(healthMinutes * 60_000),
    requestsPerMinute,
    exchangesPerMinute,
    deletionGraceMs: Math.round(graceHours * 3_600_000),
    jobs: jobs as ControlApiConfig['jobs'],
    dns: readDns(text, cells, faults),
    dashboardDir: text('WEIR_DASHBOARD_DIR'),
    logLevel: logLevel as LogLevel,
  };
  if (faults.length > 0) throw new ConfigError(faults.join('; '));
  return config;
}

/** What stands between separators; what is empty is left out. */
function partsOf(text: string, separator: string): string[] {
  return text.split(separator).flatMap((part) => part.trim() || []);
}

const isName = /^(?=.{1,253}$)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/i;

/** Adds what is wrong to `faults`. */
function readDns(
  text: (name: string) => string | null,
  cells: readonly Cell[],
  faults: string[],
): DnsConfig | null {
  const where = text('WEIR_DNS');
  const secretFile = text('WEIR_DNS_SECRET_FILE');
  if (where === null) return null;
  const isHosts = where.startsWith('hosts:');
  const targets = readTargets(text('WEIR_DNS_TARGETS') ?? '', cells, { addressesOnly: isHosts }, faults);
  if (!isName.test(text('WEIR_DOMAIN') ?? 'db.localhost'))
    faults.push('WEIR_DOMAIN is not a host name, as DNS records need it');
  const [, kind, path] = /^(zone|hosts):(.+)$/.exec(where) ?? [];
  if (kind !== undefined && path !== undefined) return { kind: kind as 'zone' | 'hosts', path, targets };
  if (!/^https?:\/\//.test(where) || !URL.canParse(where))
    faults.push('WEIR_DNS is none of zone:<file>, hosts:<file> and the URL of a webhook');
  if (secretFile === null)
    faults.push('WEIR_DNS_SECRET_FILE is missing: file with the secret of the DNS webhook, whsec_<base64>');
  return { kind: 'webhook', url: where, secretFile: secretFile ?? '', targets };
}

/** `<targets>` for every cell, or `<cell>=<targets>`, separated by semicolons; one without a name is for the other cells. */
function readTargets(
  text: string,
  cells: readonly Cell[],
  { addressesOnly }: { readonly addressesOnly: boolean },
  faults: string[],
): DnsConfig['targets'] {
  const own = new Map<string, readonly string[]>();
  let others: readonly string[] = [];
  for (const part of partsOf(text, ';')) {
    const [, cell, value] = /^([^=]*)=(.*)$/.exec(part) ?? [];
    const list = partsOf(value ?? part, ',');
    if (!isOneNameOrAddresses(list))
      faults.push('WEIR_DNS_TARGETS is neither one host name nor a list of IP addresses');
    if (addressesOnly && list.some((target) => isIP(target) === 0))
      faults.push('WEIR_DNS_TARGETS: a hosts file has addresses and no names');
    if (cell === undefined) others = list;
    else if (cells.some(({ id }) => id === cell.trim())) own.set(cell.trim(), list);
    else faults.push(`WEIR_DNS_TARGETS: there is no cell "${cell.trim()}"`);
  }
  const without = cells.filter(({ id }) => others.length === 0 && !own.has(id));
  if (without.length > 0)
    faults.push(`WEIR_DNS_TARGETS has no target for cell ${without.map(({ id }) => id).join(', ')}`);
  return new Map(cells.map(({ id }) => [id, own.get(id) ?? others]));
}

function isOneNameOrAddresses(targets: readonly string[]): boolean {
  const names = targets.filter((target) => isIP(target) === 0);
  if (targets.length === 0 || targets.some((target) => target.includes('%'))) return false;
  return names.length === 0 || (targets.length === 1 && isName.test(names[0]!));
}

/** Where a worker serves probes and metrics. Throws ConfigError. */
export function readWorkerListen(env: Readonly<Record<string, string | undefined>>): ListenAddress {
  const value = env.WEIR_WORKER_LISTEN?.trim() || '127.0.0.1:9128';
  const address = parseListenAddress(value);
  if (address === null) throw new ConfigError(`WEIR_WORKER_LISTEN: "${value}" is not <address>:<port>`);
  return address;
}

/** `127.0.0.1:80`, `[::1]:80` or `name:80`; null for anything else. */
export function parseListenAddress(value: string): ListenAddress | null {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(value);
  if (match === null) return null;
  const port = Number(match[3]);
  return port > 65_535 ? null : { host: (match[1] ?? match[2])!, port };
}
