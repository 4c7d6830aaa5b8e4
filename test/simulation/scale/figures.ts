// What a stretch of simulated time is counted by: totals, and waits by size of tenant and by budget.

/** Counts of times in ms, in steps of a fifth. */
export class Histogram {
  private readonly counts = new Float64Array(160);
  count = 0;
  max = 0;

  add(ms: number): void {
    this.count++;
    if (ms > this.max) this.max = ms;
    this.counts[ms < 0.01 ? 0 : Math.min(159, 1 + Math.floor(Math.log(ms / 0.01) / Math.log(1.2)))]!++;
  }

  /** The upper end of the step in which the part `share` of all lies. */
  quantile(share: number): number {
    let left = share * this.count;
    for (const [step, count] of this.counts.entries()) {
      left -= count;
      if (left <= 0) return Math.min(this.max, step === 0 ? 0 : 0.01 * 1.2 ** step);
    }
    return this.max;
  }

  merge(other: Histogram): void {
    this.count += other.count;
    this.max = Math.max(this.max, other.max);
    for (const [step, count] of other.counts.entries()) this.counts[step]! += count;
  }
}

/** What is counted of a group of tenants. */
export class Group {
  tenants = 0;
  /** Processes at which they have clients, summed over tenants. */
  processes = 0;
  clients = 0;
  servers = 0;
  opened = 0;
  refused = 0;
  readonly waits = new Histogram();

  merge(other: Group): void {
    this.tenants += other.tenants;
    this.processes += other.processes;
    this.clients += other.clients;
    this.servers += other.servers;
    this.opened += other.opened;
    this.refused += other.refused;
    this.waits.merge(other.waits);
  }
}

const counters = [
  'transactions',
  'connects',
  'requests',
  'wants',
  'registrations',
  'unanswered',
  'batches',
  'holders',
  'notes',
  'redisUs',
  'bytesIn',
  'bytesOut',
  'looks',
] as const;

export class Figures {
  readonly bySize = new Map<number, Group>();
  readonly byBudget = new Map<number, Group>();
  /** Refusals by their cause. */
  readonly refusals = new Map<string, number>();
  /** Simulated. */
  seconds = 0;
  transactions = 0;
  connects = 0;
  /** To Redis, one upstream each; those that asked for more, and those that told of servers. The others only renew. */
  requests = 0;
  wants = 0;
  registrations = 0;
  unanswered = 0;
  /** Requests sent together. */
  batches = 0;
  /** Holders of the upstream, summed over requests. */
  holders = 0;
  notes = 0;
  redisUs = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Times that somebody looked in a database for server connections of others. */
  looks = 0;
  /** By process and second: connects. */
  readonly connectsAt = new Map<string, number>();
  /** By second: requests to Redis, and looks in databases. */
  readonly requestsAt = new Map<number, number>();
  readonly looksAt = new Map<number, number>();

  merge(other: Figures): void {
    for (const name of counters) this[name] += other[name];
    this.seconds = Math.max(this.seconds, other.seconds);
    for (const [cause, count] of other.refusals) add(this.refusals, cause, count);
    for (const [own, others] of [
      [this.bySize, other.bySize],
      [this.byBudget, other.byBudget],
    ] as const)
      for (const [key, group] of others) groupOf(own, key).merge(group);
  }
}

export function groupOf(groups: Map<number, Group>, key: number): Group {
  let group = groups.get(key);
  if (group === undefined) {
    group = new Group();
    groups.set(key, group);
  }
  return group;
}

/** Adds to what is counted under `key`. */
export function add<K>(counts: Map<K, number>, key: K, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
