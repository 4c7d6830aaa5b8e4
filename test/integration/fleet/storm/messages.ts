// What a storm's test and the processes of its clients tell each other.

/** One client, as drawn before the storm. */
export interface ClientPlan {
  readonly number: number;
  readonly role: string;
  readonly servername: string;
  /** Where it begins; it goes to the next one when it is refused there. */
  readonly node: number;
}

export interface ClientsStart {
  readonly kind: 'start';
  readonly clients: readonly ClientPlan[];
  /** Ports of the nodes on 127.0.0.1. */
  readonly ports: readonly number[];
  readonly password: string;
  readonly database: string;
  readonly caPem: string;
  readonly seed: number;
  /** Between one client's bursts, on average. */
  readonly pauseMs: number;
  readonly deadlineMs: number;
}

export type ToClients =
  | ClientsStart
  /** The storm is over: from now on everybody is to be served. */
  | { readonly kind: 'calm' }
  | { readonly kind: 'stop' };

/** An answer that took longer than the deadline, or a connection that broke without a word. Times are ms of Unix time. */
export interface Incident {
  readonly client: number;
  readonly node: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly what: string;
}

export interface ClientsReport {
  readonly kind: 'report';
  readonly served: number;
  readonly logins: number;
  /** Ids of rows whose commit was acknowledged; of those of which we were told that nothing was sent. */
  readonly acknowledged: readonly number[];
  readonly notSent: readonly number[];
  /** How often each error was met, by SQLSTATE and text. */
  readonly errors: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  /** Errors that are none of the allowed ones. */
  readonly forbidden: readonly string[];
  readonly late: readonly Incident[];
  readonly broken: readonly Incident[];
  /** Clients that were not served after the storm. */
  readonly unserved: readonly string[];
  /** When the last of them was served again, ms after it. */
  readonly servedAgainMs: number;
}

export type FromClients =
  /** Every client has been served once. */
  { readonly kind: 'running' } | { readonly kind: 'calm' } | ClientsReport;
