// What the benchmark's main process and its load generators say to each other.

/** How to reach one endpoint. */
export interface Target {
  readonly port: number;
  readonly servername: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** To a generator of quiet tenants: one client each, connected before anything is measured. */
export interface QuietOrder {
  readonly kind: 'measure';
  readonly seconds: number;
}

/** Milliseconds from sending a query to its ReadyForQuery, and from the first packet of a new client to its first row. */
export interface QuietResult {
  readonly queries: readonly number[];
  readonly connects: readonly number[];
  /** What went wrong, by text. */
  readonly failures: Readonly<Record<string, number>>;
}

/** To a generator of the noisy tenant. */
export type NoisyOrder = { readonly kind: 'storm' } | { readonly kind: 'calm' };

/** What the storm came to since it began. */
export interface NoisyResult {
  readonly logins: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly rows: number;
}
