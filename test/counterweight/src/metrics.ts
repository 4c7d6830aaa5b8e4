// The few figures of a pooler's /metrics that tell how its server connections were used, of one endpoint.

/** Counters since the pooler began, and gauges of the moment. */
export interface PoolerFigures {
  readonly transactions: number;
  /** Of those, the ones on a server connection that stays with its client. */
  readonly pinnedTransactions: number;
  readonly checkouts: number;
  readonly pins: ReadonlyMap<string, number>;
  readonly errors: ReadonlyMap<string, number>;
  /** For how long clients stood in line for checkouts, all together. */
  readonly waitSeconds: number;
  readonly clients: number;
  /** All that are not closed yet. */
  readonly servers: number;
  readonly serversPinned: number;
}

const line = /^(\w+)\{([^}]*)\} (\S+)$/;

/** Reads the Prometheus text. Throws if a figure that it needs is not there: a gauge that reads nothing must not read zero. */
export function poolerFigures(text: string, endpoint: string): PoolerFigures {
  const values = new Map<string, Map<string, number>>();
  for (const one of text.split('\n')) {
    const [, name, labels, value] = line.exec(one) ?? [];
    if (name === undefined || !labels!.includes(`endpoint="${endpoint}"`)) continue;
    const word = /(?:state|reason|code)="([^"]*)"/.exec(labels!)?.[1] ?? '';
    const family = values.get(name) ?? new Map<string, number>();
    values.set(name, family.set(word, Number(value)));
  }
  const family = (name: string) => values.get(name) ?? new Map<string, number>();
  const single = (name: string) => {
    const value = values.get(name)?.get('');
    if (value === undefined) throw new Error(`no ${name} of ${endpoint} in the metrics`);
    return value;
  };
  const sum = (name: string) => {
    const parts = values.get(name);
    if (parts === undefined) throw new Error(`no ${name} of ${endpoint} in the metrics`);
    return [...parts.values()].reduce((all, one) => all + one, 0);
  };
  return {
    transactions: single('weir_transactions_total'),
    pinnedTransactions: single('weir_pinned_transactions_total'),
    checkouts: single('weir_checkouts_total'),
    pins: family('weir_pins_total'),
    errors: family('weir_errors_total'),
    waitSeconds: single('weir_wait_seconds_sum'),
    clients: sum('weir_clients'),
    servers: sum('weir_servers'),
    serversPinned: family('weir_servers').get('pinned') ?? 0,
  };
}

/** What was added to each word between two readings, without those to which nothing was. */
export function addedTo(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Record<string, number> {
  const added = [...after].map(([word, count]) => [word, count - (before.get(word) ?? 0)] as const);
  return Object.fromEntries(added.filter(([, count]) => count > 0));
}
