// How a piece of work reaches a worker, as a contract that BullMQ keeps over Redis and over Postgres. What is to be done stands in the catalog.

/** What there is to do. A wake-up names only the kind: which rows are due is looked up when it is done. */
export const jobKinds = [
  'publish',
  'deliver-webhooks',
  'roll-up-usage',
  'watch-health',
  'prune',
  'seal-again',
  'publish-dns',
] as const;
export type JobKind = (typeof jobKinds)[number];

export interface JobQueue {
  /**
   * Asks that some worker of the fleet does what is due of a kind, now or after `delayMs`. Never throws: a wake-up that
   * is lost, as when whatever keeps it is away, is made up for by the workers' sweep.
   */
  wake(kind: JobKind, delayMs?: number): void;
  /**
   * Takes wake-ups until the function it returns is called, which waits for runs in hand. For each, a run begins after it was asked for; several may share one. A run
   * that rejects is tried again a few times, later each time; `attempt` is 1 for the first.
   */
  work(run: (kind: JobKind, attempt: number) => Promise<void>): () => Promise<void>;
  close(): Promise<void>;
}

/** Tries of one wake-up, and the pause before the second; it doubles. Whatever fails longer is left to the sweep. */
export const triesMax = 5;
export const firstPauseMs = 200;
