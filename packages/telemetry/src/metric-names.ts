// The name, meaning and labels of every metric that Weir exports. A metric that is not here does not exist.

export interface MetricDefinition {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

/** By the word the code uses for each. Times are in seconds, sizes in bytes, as Prometheus wants them. */
export const metricDefinitions = {
  clients: {
    name: 'weir_clients',
    type: 'gauge',
    help: 'Client connections by state',
    labels: ['endpoint', 'state'],
  },
  servers: {
    name: 'weir_servers',
    type: 'gauge',
    help: 'Server connections by state',
    labels: ['endpoint', 'state'],
  },
  checkouts: {
    name: 'weir_checkouts_total',
    type: 'counter',
    help: 'Server connections lent to client sessions',
    labels: ['endpoint'],
  },
  transactions: {
    name: 'weir_transactions_total',
    type: 'counter',
    help: 'Transactions that ended, of any outcome',
    labels: ['endpoint'],
  },
  pinnedTransactions: {
    name: 'weir_pinned_transactions_total',
    type: 'counter',
    help: 'Of those, the ones on a server connection that stays with its client',
    labels: ['endpoint'],
  },
  queries: {
    name: 'weir_queries_total',
    type: 'counter',
    help: 'Simple queries and extended-protocol executions that ended',
    labels: ['endpoint'],
  },
  waitSeconds: {
    name: 'weir_wait_seconds',
    type: 'histogram',
    help: 'How long client sessions waited for a checkout',
    labels: ['endpoint'],
  },
  querySeconds: {
    name: 'weir_query_seconds',
    type: 'histogram',
    help: 'From the first message sent to a server to the ReadyForQuery that answered it',
    labels: ['endpoint'],
  },
  connectsDelayed: {
    name: 'weir_connects_delayed_total',
    type: 'counter',
    help: 'Client connections that came faster than their endpoint may have them, and waited for a turn or were refused',
    labels: ['endpoint'],
  },
  serverOpens: {
    name: 'weir_server_opens_total',
    type: 'counter',
    help: 'Server connections that reached their first ReadyForQuery',
    labels: ['endpoint'],
  },
  serverCloses: {
    name: 'weir_server_closes_total',
    type: 'counter',
    help: 'Server connections that ended, by close reason',
    labels: ['endpoint', 'reason'],
  },
  pins: {
    name: 'weir_pins_total',
    type: 'counter',
    help: 'Server connections that were given to one session for good, by reason',
    labels: ['endpoint', 'reason'],
  },
  clientCloses: {
    name: 'weir_client_closes_total',
    type: 'counter',
    help: 'Client connections that ended, by close reason',
    labels: ['endpoint', 'reason'],
  },
  errors: {
    name: 'weir_errors_total',
    type: 'counter',
    help: 'Errors that Weir itself gave to clients, by code',
    labels: ['endpoint', 'code'],
  },
  cancels: {
    name: 'weir_cancels_total',
    type: 'counter',
    help: 'Cancel requests: carried out here, forwarded to the process that gave the key, key unknown, undelivered as shared state was away, or too often from one source',
    labels: ['endpoint', 'outcome'],
  },
  processes: {
    name: 'weir_processes',
    type: 'gauge',
    help: 'Pooler processes under this supervisor by state',
    labels: ['state'],
  },
  processRestarts: {
    name: 'weir_process_restarts_total',
    type: 'counter',
    help: 'Pooler processes that were started in place of one: that ended by itself, that stood still, or in a rolling restart',
    labels: ['reason'],
  },
  budget: {
    name: 'weir_budget',
    type: 'gauge',
    help: 'Most server connections that all processes together may hold',
    labels: ['endpoint'],
  },
  budgetUsed: {
    name: 'weir_budget_used',
    type: 'gauge',
    help: 'Server connections that count, from before dial until the server has closed',
    labels: ['endpoint'],
  },
  budgetShare: {
    name: 'weir_budget_share',
    type: 'gauge',
    help: 'The part of the budget that this process has leased',
    labels: ['endpoint'],
  },
  budgetQuarantined: {
    name: 'weir_budget_quarantined',
    type: 'gauge',
    help: 'Slots of processes that have fallen silent, which nobody can use until the database shows that they are free',
    labels: ['endpoint'],
  },
  budgetOverruns: {
    name: 'weir_budget_overrun_total',
    type: 'counter',
    help: 'Times that the database was seen with more server connections of ours than the budget, as it may be while a lower one comes into force',
    labels: ['endpoint'],
  },
  foreignSessions: {
    name: 'weir_foreign_sessions',
    type: 'gauge',
    help: "Sessions of roles that Weir uses which are none of Weir's, when the database was last looked at",
    labels: ['endpoint'],
  },
  knownEndpoints: {
    name: 'weir_known_endpoints',
    type: 'gauge',
    help: 'Endpoints whose published record this process has read, which it does when their first client comes',
    labels: ['endpoint'],
  },
  circuit: {
    name: 'weir_circuit',
    type: 'gauge',
    help: 'Whether server connections are opened as they are wanted (closed), one at a time since the server could not be reached (open), or a few at a time since it answers again (recovering): 1 for the state that holds',
    labels: ['endpoint', 'state'],
  },
  circuitOpens: {
    name: 'weir_circuit_opens_total',
    type: 'counter',
    help: 'Times that the server could not be reached any more',
    labels: ['endpoint'],
  },
  budgetCeiling: {
    name: 'weir_budget_ceiling',
    type: 'gauge',
    help: 'Server connections that the database has room for, learned as it refused more; the budget where it refused none',
    labels: ['endpoint'],
  },
  generation: {
    name: 'weir_endpoint_generation',
    type: 'gauge',
    help: 'Generation of the record that the endpoint is served by: the same everywhere once a change has arrived',
    labels: ['endpoint'],
  },
  pausedPools: {
    name: 'weir_paused_pools',
    type: 'gauge',
    help: 'Pools that are paused by an operator: their clients wait',
    labels: ['endpoint'],
  },
  bytes: {
    name: 'weir_bytes_total',
    type: 'counter',
    help: 'Bytes relayed, seen from the client side',
    labels: ['endpoint', 'direction'],
  },
  jobsDue: {
    name: 'weir_jobs_due',
    type: 'gauge',
    help: 'Rows of the catalog that wait for a job now: changes to publish, deliveries to send, databases to look at. The same at every process',
    labels: ['job'],
  },
  jobsOldestDueSeconds: {
    name: 'weir_jobs_oldest_due_seconds',
    type: 'gauge',
    help: 'For how long the oldest of them has been due; a change counts from when it was made. The same at every process',
    labels: ['job'],
  },
  jobRuns: {
    name: 'weir_job_runs_total',
    type: 'counter',
    help: 'Runs of a job in this process, woken or by the sweep, of any outcome',
    labels: ['job'],
  },
  jobFailures: {
    name: 'weir_job_failures_total',
    type: 'counter',
    help: 'Of those, the ones that failed as a whole; what failed for one row is put off there, and counts as no failure',
    labels: ['job'],
  },
  jobRetries: {
    name: 'weir_job_retries_total',
    type: 'counter',
    help: 'Wake-ups that were taken again since the run before had failed',
    labels: ['job'],
  },
  jobSeconds: {
    name: 'weir_job_seconds',
    type: 'histogram',
    help: 'How long runs of a job took, of any outcome',
    labels: ['job'],
  },
} as const satisfies Record<string, MetricDefinition>;
