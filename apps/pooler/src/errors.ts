// Every error that the pooler itself gives a client or the log, as one closed table; docs/errors.md is checked against it.
import type { ErrorFields } from '@weir/protocol';

/** How loud the log is about an error; `debug` is for what strangers can cause at will. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

interface ErrorRow {
  readonly sqlstate: string;
  readonly severity: 'FATAL' | 'ERROR';
  /** Text for the client, with `{placeholders}` that are filled from the error's data. */
  readonly message: string;
  readonly hint?: string;
  readonly logLevel: LogLevel;
}

// Endpoint faults are 08004, not 3D000: tools that meet 3D000 offer to create the database, which would not help.
// Weir's own shortages are 53300: nothing was sent to a server, so trying again is always safe.
const rows = {
  ENDPOINT_MISSING: {
    sqlstate: '08004',
    severity: 'FATAL',
    message: 'no endpoint was named in this connection',
    hint: 'Connect to the host name in your connection string with a client that sends SNI, or add options=endpoint=<endpoint id> to the connection string, or use <role>.<endpoint id> as user.',
    logLevel: 'debug',
  },
  ENDPOINT_UNKNOWN: {
    sqlstate: '08004',
    severity: 'FATAL',
    message: 'endpoint "{endpoint}" does not exist',
    hint: 'Copy the connection string again from the dashboard; the endpoint is the first part of the host name.',
    logLevel: 'debug',
  },
  ENDPOINT_CONFLICT: {
    sqlstate: '08004',
    severity: 'FATAL',
    message:
      'this connection names two endpoints, {first} in its {firstSource} and {second} in its {secondSource}',
    hint: 'Remove one of them, or make them the same.',
    logLevel: 'debug',
  },
  ENDPOINT_NOT_KNOWN_YET: {
    sqlstate: '57P03',
    severity: 'FATAL',
    message: 'endpoint "{endpoint}" is not known here yet, the pooler is still starting',
    hint: 'Try again in a few seconds.',
    logLevel: 'info',
  },
  SHARED_STATE_AWAY: {
    sqlstate: '57P03',
    severity: 'FATAL',
    message: 'endpoint "{endpoint}" cannot be looked up now',
    hint: 'The state that poolers share is away; try again in a few seconds.',
    logLevel: 'warn',
  },
  TENANT_DELETED: {
    sqlstate: '08004',
    severity: 'FATAL',
    message: 'endpoint "{endpoint}" was deleted',
    hint: 'Create a new tenant, and use the connection string of its endpoint.',
    logLevel: 'debug',
  },
  ENDPOINT_GONE: {
    sqlstate: '57P01',
    severity: 'FATAL',
    message: 'terminating connection because endpoint "{endpoint}" was {change}',
    hint: 'Look at the tenant in the dashboard; reconnecting will not help before it is active again.',
    logLevel: 'info',
  },
  ENDPOINT_SUSPENDED: {
    sqlstate: '57P03',
    severity: 'FATAL',
    message: 'endpoint "{endpoint}" of tenant "{tenant}" is suspended',
    hint: 'Resume the endpoint, or its tenant, in the dashboard or over the API, then connect again.',
    logLevel: 'debug',
  },
  ENDPOINT_DRAINING: {
    sqlstate: '57P03',
    severity: 'FATAL',
    message: 'endpoint "{endpoint}" is being drained by its operator, and takes no new connections',
    hint: 'Try again later; weir resume ends the drain.',
    logLevel: 'debug',
  },
  ENDPOINT_DRAINED: {
    sqlstate: '57P01',
    severity: 'FATAL',
    message: 'terminating connection because endpoint "{endpoint}" is being drained by its operator',
    hint: 'Nothing was under way on this connection; connect again when the drain is over.',
    logLevel: 'debug',
  },
  POOL_PAUSED: {
    sqlstate: '57P03',
    severity: 'FATAL',
    message: 'endpoint "{endpoint}" is paused by its operator, and was not resumed within {seconds} s',
    hint: 'Nothing was sent to the database, so the query can be repeated; weir resume ends the pause.',
    logLevel: 'info',
  },
  KILLED: {
    sqlstate: '57P01',
    severity: 'FATAL',
    message: 'terminating connection because the operator of endpoint "{endpoint}" ended all its connections',
    hint: 'Connect again; a transaction that was open was rolled back.',
    logLevel: 'info',
  },
  // Not 57P01: who repeats what met that must not repeat what may have been committed.
  KILLED_IN_DOUBT: {
    sqlstate: '08007',
    severity: 'FATAL',
    message:
      'terminating connection with a statement under way because the operator of endpoint "{endpoint}" ended all its connections',
    hint: 'Whether the last statement took effect is not known; look at the data before repeating it.',
    logLevel: 'info',
  },
  ADDRESS_NOT_ALLOWED: {
    sqlstate: '28000',
    severity: 'FATAL',
    message: 'connections from {address} to endpoint "{endpoint}" are not allowed',
    hint: 'Connect from an address that is allowed, or add this one to allowedAddresses of the endpoint.',
    logLevel: 'info',
  },
  SOURCE_BANNED: {
    sqlstate: '28000',
    severity: 'FATAL',
    message:
      'logins from {address} to endpoint "{endpoint}" are refused for another {seconds} s, since too many have failed',
    hint: 'Correct the password, and wait or have the ban cleared (weir bans).',
    logLevel: 'debug',
  },
  CONNECT_RATE: {
    sqlstate: '53300',
    severity: 'FATAL',
    message:
      'endpoint "{endpoint}" gets more new connections than the {limit} a second it may have, and this one waited {seconds} s for its turn',
    hint: 'Keep connections open between requests, as a pool in the application does, or try again later; operators: WEIR_CONNECTS_PER_SECOND.',
    logLevel: 'debug',
  },
  TLS_REQUIRED: {
    sqlstate: '28000',
    severity: 'FATAL',
    message: 'endpoint "{endpoint}" requires TLS',
    hint: 'Add sslmode=require to the connection string.',
    logLevel: 'debug',
  },
  PASSWORD_WRONG: {
    sqlstate: '28P01',
    severity: 'FATAL',
    message: 'password authentication failed for user "{role}"',
    logLevel: 'info',
  },
  // To the client the same as a wrong password, as in Postgres; the log tells them apart.
  ROLE_PASSWORD_EXPIRED: {
    sqlstate: '28P01',
    severity: 'FATAL',
    message: 'password authentication failed for user "{role}"',
    logLevel: 'info',
  },
  CREDENTIAL_EXPIRED: {
    sqlstate: '28P01',
    severity: 'FATAL',
    message: 'credential "{credential}" has expired',
    hint: 'Ask for a new one with POST /v1/tenants/<tenant id>/credentials.',
    logLevel: 'info',
  },
  SCRAM_CHANNEL_BINDING: {
    sqlstate: '28000',
    severity: 'FATAL',
    message: 'SCRAM channel binding check failed',
    hint: 'Something between the client and Weir ends TLS; connect without it, or add channel_binding=disable.',
    logLevel: 'info',
  },
  AUTH_QUERY_FAILED: {
    sqlstate: '28000',
    severity: 'FATAL',
    message: 'passwords could not be read from the database of endpoint "{endpoint}": {reason}',
    hint: 'Check the auth query of the tenant, and that its service role may log in and run it.',
    logLevel: 'warn',
  },
  PROTOCOL_VIOLATION: {
    sqlstate: '08P01',
    severity: 'FATAL',
    message: '{what}',
    hint: 'The client, or something between it and Weir, broke the Postgres protocol; try another version of the driver.',
    logLevel: 'debug',
  },
  PROTOCOL_UNSUPPORTED: {
    sqlstate: '0A000',
    severity: 'FATAL',
    message: '{what}',
    hint: 'Use a driver that speaks version 3 of the Postgres protocol.',
    logLevel: 'debug',
  },
  PROXY_HEADER: {
    sqlstate: '08P01',
    severity: 'FATAL',
    message: 'this port is for proxies that send the PROXY protocol, version 2, first: {reason}',
    hint: 'Connect to the address of the proxy, or add the proxy to WEIR_PROXIES.',
    logLevel: 'debug',
  },
  NOT_POSTGRES: {
    sqlstate: '08P01',
    severity: 'FATAL',
    message: 'this port speaks the Postgres protocol, and the client sent {what}',
    hint: 'Connect with a Postgres client.',
    logLevel: 'debug',
  },
  STARTUP_USER_MISSING: {
    sqlstate: '28000',
    severity: 'FATAL',
    message: 'no PostgreSQL user name specified in startup packet',
    hint: 'Add the user name to the connection string.',
    logLevel: 'debug',
  },
  STARTUP_PARAMETER_UNKNOWN: {
    sqlstate: '42704',
    severity: 'FATAL',
    message: 'unrecognized configuration parameter "{name}"',
    hint: 'Remove the parameter from the connection string, or correct its name.',
    logLevel: 'debug',
  },
  STARTUP_PARAMETER_INVALID: {
    sqlstate: '22023',
    severity: 'FATAL',
    message: 'invalid value for parameter "{name}": "{value}"',
    hint: 'Correct the value in the connection string.',
    logLevel: 'debug',
  },
  STARTUP_OPTION_INVALID: {
    sqlstate: '42601',
    severity: 'FATAL',
    message: 'invalid command-line argument for server process: {argument}',
    hint: 'In options only -c name=value and --name=value are understood.',
    logLevel: 'debug',
  },
  STARTUP_TIMEOUT: {
    sqlstate: '57014',
    severity: 'FATAL',
    message: 'canceling authentication due to timeout',
    hint: 'The client did not finish logging in within {seconds} s; look at the network between it and Weir.',
    logLevel: 'debug',
  },
  CLIENT_LIMIT: {
    sqlstate: '53300',
    severity: 'FATAL',
    message: 'tenant "{tenant}" has {limit} client connections open, which is its limit',
    hint: 'Close clients that are not in use, or raise clientConnectionsMax of the tenant.',
    logLevel: 'info',
  },
  BUDGET_EXHAUSTED: {
    sqlstate: '53300',
    severity: 'FATAL',
    message: 'all {budget} server connections of tenant "{tenant}" are in use',
    hint: 'Close direct connections that are not in use, use the pooled host, or raise the RAM or the cap of the tenant.',
    logLevel: 'info',
  },
  LEASES_UNAVAILABLE: {
    sqlstate: '53300',
    severity: 'FATAL',
    message:
      'no server connection could be opened for {seconds} s, since the poolers could not agree on the budget: their shared state is away or has just started anew',
    hint: 'Nothing was sent to the database, so the query can be repeated; look at the Redis that the poolers share.',
    logLevel: 'warn',
  },
  QUERY_WAIT_TIMEOUT: {
    sqlstate: '53300',
    severity: 'FATAL',
    message: 'no server connection became free within {seconds} s',
    hint: 'Nothing was sent to the database, so the query can be repeated; shorten transactions, or raise queryWaitTimeoutMs or the budget of the tenant.',
    logLevel: 'info',
  },
  QUERY_CANCELED: {
    sqlstate: '57014',
    severity: 'ERROR',
    message: 'canceling statement due to user request',
    logLevel: 'debug',
  },
  PIN_LIMIT: {
    sqlstate: '53300',
    severity: 'FATAL',
    message:
      'this session needs a server connection of its own ({reason}), and all that tenant "{tenant}" may keep are in use',
    hint: 'Use the direct host for work that changes session state, or avoid {reason}.',
    logLevel: 'info',
  },
  CLIENT_IDLE_TIMEOUT: {
    sqlstate: '57P05',
    severity: 'FATAL',
    message: 'terminating connection because it was idle for {seconds} s',
    hint: 'Connect again when there is work; pools of the application should close idle connections earlier, or the limit (clientIdleTimeoutMs) be raised.',
    logLevel: 'info',
  },
  IDLE_IN_TRANSACTION_TIMEOUT: {
    sqlstate: '25P03',
    severity: 'FATAL',
    message: 'terminating connection due to idle-in-transaction timeout of {seconds} s',
    hint: 'Commit or roll back before waiting for anything else, or raise the limit (idleInTransactionTimeoutMs).',
    logLevel: 'info',
  },
  TRANSACTION_TIMEOUT: {
    sqlstate: '25P04',
    severity: 'FATAL',
    message: 'terminating connection due to transaction timeout of {seconds} s',
    hint: 'Make transactions shorter, use the direct host for long work, or raise the limit (transactionTimeoutMs).',
    logLevel: 'info',
  },
  QUERY_TIMEOUT: {
    sqlstate: '57014',
    severity: 'ERROR',
    message: 'canceling statement due to query timeout of {seconds} s',
    hint: 'Make the query faster, use the direct host for long ones, or raise the limit (queryTimeoutMs).',
    logLevel: 'info',
  },
  QUERY_STUCK: {
    sqlstate: '57014',
    severity: 'FATAL',
    message: 'terminating connection because a query could not be canceled after its timeout of {seconds} s',
    hint: 'Look at the database server: a query that does not react to a cancel request waits for something outside Postgres.',
    logLevel: 'warn',
  },
  PIN_IDLE_TIMEOUT: {
    sqlstate: '57P05',
    severity: 'FATAL',
    message: 'terminating connection because it kept a server connection of its own idle for {seconds} s',
    hint: 'Close the connection when the work that needed session state is done, use the direct host for it, or raise the limit (pinIdleTimeoutMs).',
    logLevel: 'info',
  },
  TRANSACTION_IN_STATEMENT_MODE: {
    sqlstate: '0A000',
    severity: 'FATAL',
    message:
      'transactions over several statements are not allowed: endpoint "{endpoint}" is pooled by statement',
    hint: 'Send the statements of a transaction in one query, or have the pool set to transaction mode.',
    logLevel: 'info',
  },
  SERVER_UNREACHABLE: {
    sqlstate: '08006',
    severity: 'FATAL',
    message: 'could not connect to the database server of endpoint "{endpoint}": {reason}',
    hint: 'Check that the database is running and accepts connections from Weir.',
    logLevel: 'warn',
  },
  SERVER_FULL: {
    sqlstate: '53300',
    severity: 'FATAL',
    message:
      'the database server of endpoint "{endpoint}" takes no more connections, and none of Weir\'s became free within {seconds} s',
    hint: 'Nothing was sent to the database, so the query can be repeated; close connections that others than Weir hold there, raise max_connections, or shorten transactions.',
    logLevel: 'warn',
  },
  SERVER_FORBIDDEN: {
    sqlstate: '08006',
    severity: 'FATAL',
    message: 'the database server of endpoint "{endpoint}" has an address that Weir may not connect to',
    hint: 'Give the tenant a public address, or let the operator allow this one.',
    logLevel: 'warn',
  },
  SERVER_TLS_REFUSED: {
    sqlstate: '08006',
    severity: 'FATAL',
    message: 'the database server of endpoint "{endpoint}" does not support TLS',
    hint: 'Turn ssl on in the database, or set the TLS mode of the tenant to disable.',
    logLevel: 'warn',
  },
  SERVER_TLS_UNTRUSTED: {
    sqlstate: '08006',
    severity: 'FATAL',
    message: 'TLS with the database server of endpoint "{endpoint}" failed: {reason}',
    hint: 'Give the tenant the CA certificate and host name that the database shows, or choose another TLS mode.',
    logLevel: 'warn',
  },
  // The server's own SQLSTATE and text are passed on in place of these (3D000, 53300, 28000, 57P03 …).
  SERVER_LOGIN_REFUSED: {
    sqlstate: '28000',
    severity: 'FATAL',
    message: 'the database server refused the login',
    logLevel: 'info',
  },
  SERVER_PASSWORD_REFUSED: {
    sqlstate: '28P01',
    severity: 'FATAL',
    message: 'password authentication failed for user "{role}"',
    hint: 'The password was changed in the database; connect again with the new one.',
    logLevel: 'warn',
  },
  SERVER_PASSWORD_NEEDED: {
    sqlstate: '28000',
    severity: 'FATAL',
    message:
      'the database server asks for {method} authentication of role "{role}", for which Weir needs the password',
    hint: 'Give the password of the role to the tenant, or set password_encryption to scram-sha-256 in the database and set the password again.',
    logLevel: 'warn',
  },
  AUTH_METHOD_UNSUPPORTED: {
    sqlstate: '28000',
    severity: 'FATAL',
    message: 'the database server asks for {method} authentication, which Weir cannot answer',
    hint: 'Let the connections from Weir log in with scram-sha-256 in pg_hba.conf.',
    logLevel: 'warn',
  },
  SERVER_LOST: {
    sqlstate: '08006',
    severity: 'FATAL',
    message: 'the database server closed the connection unexpectedly',
    hint: 'Whether the last statement took effect is not known; look at the data before repeating it.',
    logLevel: 'warn',
  },
  LISTENER_LOST: {
    sqlstate: '08006',
    severity: 'FATAL',
    message:
      'the server connection that listened for this session is gone: notifications may have been missed',
    hint: 'Connect again, LISTEN again, and look for what has happened meanwhile.',
    logLevel: 'warn',
  },
  NOTIFICATIONS_UNTOLD: {
    sqlstate: '54000',
    severity: 'FATAL',
    message: 'more than {bytes} bytes of notifications wait for this session, which takes none',
    hint: 'Read from the connection, and keep the transactions of one that listens short.',
    logLevel: 'info',
  },
  SERVER_PROTOCOL: {
    sqlstate: '08P01',
    severity: 'FATAL',
    message: 'the database server broke the Postgres protocol: {what}',
    hint: 'Check that the address of the tenant is that of a Postgres server.',
    logLevel: 'error',
  },
  REPLICATION_ON_POOLED: {
    sqlstate: '0A000',
    severity: 'FATAL',
    message: 'replication connections cannot be pooled',
    hint: 'Connect to the direct host {host}.',
    logLevel: 'debug',
  },
  MESSAGE_TOO_LARGE: {
    sqlstate: '54000',
    severity: 'FATAL',
    message: 'message of {bytes} bytes is longer than the limit of {limit}',
    hint: 'Send less at once, for instance with COPY or in several statements.',
    logLevel: 'info',
  },
  DRAINING: {
    sqlstate: '57P01',
    severity: 'FATAL',
    message: 'terminating connection because this pooler is restarting',
    hint: 'Connect again; another pooler answers.',
    logLevel: 'debug',
  },
  // Not 57P01, as with KILLED_IN_DOUBT.
  DRAINED_IN_DOUBT: {
    sqlstate: '08007',
    severity: 'FATAL',
    message: 'terminating connection with a statement under way because this pooler is restarting',
    hint: 'Whether the last statement took effect is not known; look at the data before repeating it.',
    logLevel: 'info',
  },
  // Never sent: nobody is there to read it. It is here so that the log and the metrics can name it.
  CLIENT_GONE: {
    sqlstate: '08006',
    severity: 'FATAL',
    message: 'the client closed the connection before it had logged in',
    logLevel: 'debug',
  },
  INTERNAL: {
    sqlstate: 'XX000',
    severity: 'FATAL',
    message: 'internal error in the pooler',
    hint: 'This is a fault in Weir; its log has the details.',
    logLevel: 'error',
  },
} as const satisfies Record<string, ErrorRow>;

/** The name of each error, the same in metrics, logs and docs/errors.md. */
export type PoolerErrorCode = keyof typeof rows;

/** Code -> what the client sees and the log says. Closed: a new error is a new row and a new line in docs/errors.md. */
export const poolerErrors: Readonly<Record<PoolerErrorCode, ErrorRow>> = rows;

/** Facts that fill the placeholders and go to the log; never a secret. */
export type ErrorData = Readonly<Record<string, string | number | null>>;

export interface PoolerErrorOptions {
  readonly cause?: unknown;
  /** Replaces the table's, for an error that may meet a client before or after login. */
  readonly severity?: 'FATAL' | 'ERROR';
  readonly detail?: string;
  /** The database's own error, passed on in place of the table's SQLSTATE and text. */
  readonly fields?: ErrorFields;
}

/** An error with a code of the table, thrown deep and ended in one place. */
export class PoolerError extends Error {
  override readonly name = 'PoolerError';
  readonly code: PoolerErrorCode;
  readonly sqlstate: string;
  readonly severity: 'FATAL' | 'ERROR';
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly logLevel: LogLevel;
  readonly data: ErrorData;
  /** What the database said, when it was the database that refused; it is passed on as it came. */
  readonly fields: ErrorFields | null;

  constructor(code: PoolerErrorCode, data: ErrorData = {}, options: PoolerErrorOptions = {}) {
    const row: ErrorRow = poolerErrors[code];
    const { cause, fields } = options;
    super(fields ? fields.message : fill(row.message, data), cause === undefined ? undefined : { cause });
    this.code = code;
    this.sqlstate = fields?.code ?? row.sqlstate;
    this.severity = options.severity ?? row.severity;
    this.detail = fields ? fields.detail : options.detail;
    const hint = row.hint === undefined ? undefined : fill(row.hint, data);
    this.hint = fields ? (fields.hint ?? hint) : hint;
    this.logLevel = row.logLevel;
    this.data = data;
    this.fields = fields ?? null;
  }

  /** The fields of the ErrorResponse that tells a client. */
  toFields(): ErrorFields {
    return {
      ...(this.fields ?? {}),
      severity: this.severity,
      severityNonLocalized: this.severity,
      code: this.sqlstate,
      message: this.message,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(this.hint === undefined ? {} : { hint: this.hint }),
    };
  }
}

/** Any thrown value as a PoolerError; what is not one already becomes INTERNAL with the value as its cause. */
export function asPoolerError(error: unknown): PoolerError {
  return error instanceof PoolerError ? error : new PoolerError('INTERNAL', {}, { cause: error });
}

function fill(template: string, data: ErrorData): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(data[name] ?? 'unknown'));
}
