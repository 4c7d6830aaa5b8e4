// What each setting of pgbouncer.ini becomes here, or why it does not.
import type { PoolChoices } from '@weir/tenancy';

/** A setting as it is carried over, or the reason why it cannot be. */
export type Carried =
  | { readonly settings: Partial<PoolChoices> & { clientConnectionsMax?: number; requireTls?: boolean } }
  | { readonly lost: string };

const dayMs = 86_400_000;

function number(value: string, make: (number: number) => Carried): Carried {
  const read = Number(value);
  return Number.isFinite(read) && value.trim() !== '' ? make(read) : { lost: `"${value}" is no number` };
}

/** A limit in seconds where 0 means none, there as here. */
function seconds(name: keyof PoolChoices): (value: string) => Carried {
  return (value) => number(value, (count) => ({ settings: { [name]: Math.round(count * 1000) } }));
}

/** A limit in seconds that must be there here; 0 becomes the longest. */
function boundedSeconds(name: keyof PoolChoices, mostMs: number): (value: string) => Carried {
  return (value) =>
    number(value, (count) => ({
      settings: { [name]: count === 0 ? mostMs : Math.min(mostMs, Math.max(1000, count * 1000)) },
    }));
}

function mode(value: string): Carried {
  if (value === 'session' || value === 'transaction' || value === 'statement')
    return { settings: { mode: value } };
  return { lost: `there is no pool mode "${value}"` };
}

function size(value: string): Carried {
  return number(value, (count) =>
    count > 0 ? { settings: { poolSize: count } } : { lost: 'a pool of none' },
  );
}

function tls(value: string): Carried {
  return { settings: { requireTls: !['disable', 'allow', 'prefer'].includes(value) } };
}

/** Held in each pooler process, as there; none is 0 there and here. */
function minimum(value: string): Carried {
  return number(value, (count) => ({ settings: { poolSizeMin: count } }));
}

const lost = (why: string) => (): Carried => ({ lost: why });
const noReserve = lost('there is no reserve pool; all pools share the budget');
const perDatabase = lost('one budget holds for the whole server; poolSize limits one pool');

/** Settings of [pgbouncer] that an endpoint has too. */
export const globalKeys: Readonly<Record<string, (value: string) => Carried>> = {
  pool_mode: mode,
  default_pool_size: size,
  max_client_conn: (value) => number(value, (count) => ({ settings: { clientConnectionsMax: count } })),
  query_wait_timeout: boundedSeconds('queryWaitTimeoutMs', dayMs),
  server_idle_timeout: boundedSeconds('serverIdleTimeoutMs', 7 * dayMs),
  server_lifetime: boundedSeconds('serverLifetimeMs', 30 * dayMs),
  client_idle_timeout: seconds('clientIdleTimeoutMs'),
  idle_transaction_timeout: seconds('idleInTransactionTimeoutMs'),
  query_timeout: seconds('queryTimeoutMs'),
  transaction_timeout: seconds('transactionTimeoutMs'),
  client_tls_sslmode: tls,
  min_pool_size: minimum,
  reserve_pool_size: noReserve,
  reserve_pool_timeout: noReserve,
  max_db_connections: perDatabase,
  max_user_connections: perDatabase,
  max_db_client_connections: lost('client connections are limited for the endpoint as a whole'),
  max_user_client_connections: lost('client connections are limited for the endpoint as a whole'),
  auth_hba_file: lost('there are no rules by address'),
  auth_ident_file: lost('there are no rules by address'),
  auth_ldap_options: lost('clients log in by SCRAM'),
  auth_dbname: lost('passwords are read from the default database of the endpoint'),
  server_fast_close: lost('server connections are replaced when their client releases them'),
  application_name_add_host: lost("application_name stays the client's own"),
  track_extra_parameters: lost('not needed: all settings follow their client'),
};

/** Settings of a database or a user that an override has too. */
export const overrideKeys: Readonly<Record<string, (value: string) => Carried>> = {
  pool_mode: mode,
  pool_size: size,
  query_timeout: seconds('queryTimeoutMs'),
  idle_transaction_timeout: seconds('idleInTransactionTimeoutMs'),
  transaction_timeout: seconds('transactionTimeoutMs'),
  client_idle_timeout: seconds('clientIdleTimeoutMs'),
  server_lifetime: boundedSeconds('serverLifetimeMs', 30 * dayMs),
  min_pool_size: minimum,
  reserve_pool: noReserve,
  reserve_pool_size: noReserve,
  max_db_connections: perDatabase,
  max_user_connections: perDatabase,
  max_db_client_connections: lost('client connections are limited for the endpoint as a whole'),
  max_user_client_connections: lost('client connections are limited for the endpoint as a whole'),
  connect_query: lost(
    'no query runs when a server connection opens; use ALTER ROLE … SET or ALTER DATABASE … SET',
  ),
  client_encoding: lost('it is the client that chooses; use ALTER DATABASE … SET'),
  datestyle: lost('it is the client that chooses; use ALTER DATABASE … SET'),
  timezone: lost('it is the client that chooses; use ALTER DATABASE … SET'),
  application_name: lost("application_name stays the client's own"),
  load_balance_hosts: lost('an endpoint leads to one server'),
  auth_dbname: lost('passwords are read from the default database of the endpoint'),
};

/** Settings that need nothing here: of the process, its logs and console, or of what Weir does by itself. */
export function isOfTheProcess(key: string): boolean {
  return (
    /^(?:listen_|unix_socket_|log|syslog|stats_|admin_|tcp_|so_|server_check_|server_reset_|client_tls_|server_tls_|dns_|suspend_|cancel_wait_|client_login_|server_connect_|server_login_|server_round_|scram_|peer_|resolv_|pkt_|sbuf_)/.test(
      key,
    ) ||
    [
      'auth_type',
      'auth_file',
      'auth_user',
      'auth_query',
      'pidfile',
      'user',
      'verbose',
      'job_name',
      'conffile',
    ].includes(key) ||
    [
      'service_name',
      'disable_pqexec',
      'ignore_startup_parameters',
      'max_prepared_statements',
      'max_packet_size',
    ].includes(key) ||
    ['autodb_idle_timeout', 'query_wait_notify'].includes(key)
  );
}
