// Names that clients leak into the startup packet though they were meant for the client itself; dropped without a word.

// Drivers that send every unknown URL parameter (postgres.js, asyncpg) bring along what a string was decorated with for
// others. Some are settings of the server too (port, ssl …): nobody means those when connecting.
const names = `
  host hostaddr port password passfile service servicefile connect_timeout target_session_attrs load_balance_hosts
  keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout fallback_application_name
  ssl sslmode sslrootcert sslcert sslkey sslcrl sslcrldir sslpassword sslsni sslnegotiation sslcompression sslcertmode
  sslkeylogfile sslaccept sslidentity ssl_min_protocol_version ssl_max_protocol_version requiressl requirepeer
  require_auth channel_binding gssencmode gsslib gssdelegation krbsrvname min_protocol_version max_protocol_version
  uselibpqcompat
  pgbouncer connection_limit pool_timeout socket_timeout schema statement_cache_size single_use_connections
  max_connection_lifetime max_idle_connection_lifetime
  pool_mode pool_size pool_max_conns pool_min_conns pool_max_conn_lifetime pool_max_conn_lifetime_jitter
  pool_max_conn_idle_time pool_health_check_period default_query_exec_mode statement_cache_capacity
  description_cache_capacity statement_cache_mode prefer_simple_protocol binary_parameters
  prepared_statement_cache_size supa workaround
`;

const ignored: ReadonlySet<string> = new Set(names.trim().split(/\s+/));

/** Whether a startup parameter was meant for a client and is dropped. */
export function isIgnoredParameter(name: string): boolean {
  return ignored.has(name.toLowerCase());
}
