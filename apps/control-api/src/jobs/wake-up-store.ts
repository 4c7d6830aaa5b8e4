// Where BullMQ keeps the wake-ups of the job queue, as what Redis and Postgres have in common.
import type { BackendFactory, ConnectionOptions } from 'bullmq';

/** What an end of the queue, BullMQ's Queue or Worker, is made with. */
export interface EndOptions {
  readonly connection: ConnectionOptions;
  readonly prefix?: string;
}

export interface WakeUpStore {
  /** Makes one end of the queue, as soon as the store can be used if it is one that has to be prepared. Null: given up by `signal` before. */
  open<End>(
    make: (options: EndOptions, backend: BackendFactory) => End,
    signal: AbortSignal,
  ): Promise<End | null>;
  /** Ends its connections; to be called when the ends are closed. */
  close(): Promise<void>;
}
