// The closed lists of why a connection ends and why a server connection stays with one client. Words for logs and metrics.
import type { Unreplayable } from '@weir/sql';

/** Why Weir closes a server connection, or found it closed. */
export type ServerCloseReason =
  | 'idle' // longer without work than the endpoint allows
  | 'max-age' // older than the endpoint allows
  | 'over-size' // one more than its pool may hold since its size was lowered
  | 'evicted' // idle, while another pool of the same upstream needed its slot
  | 'yielded' // gave its slot to a pool that holds less than its share
  | 'replaced' // opened under settings or credentials that have changed since
  | 'pinned-state' // its client left state behind that nobody may inherit
  | 'client-gone' // its client left in the middle of something that cannot be finished cleanly
  | 'out-of-sync' // sent what the protocol does not allow at that point
  | 'unanswered' // it listens for all, and has not answered for half a minute
  | 'replay-failed' // a client's own settings could not be set on it
  | 'unpinned' // its client has no state any more that needs a server of its own
  | 'paused' // its pool is paused
  | 'killed' // the operator ended everything of its pool
  | 'pool-closed' // its endpoint was deleted or the process is leaving
  | 'server-ended'; // the server closed it

/** Why a server connection stays with its client beyond the transaction. */
export type PinReason =
  | Unreplayable
  /** Too long to be given to another server. */
  | 'large-statement'
  /** Its own startup values are to show, which on a shared connection are another's. */
  | 'startup-values'
  /** Strict tracking: code runs of which nobody knows what it does to the session. */
  | 'unknown-code'
  /** What its settings are could not be proven. */
  | 'unproven'
  /** Not a pin: the pool lends a server connection for a whole session. */
  | 'session-mode';

/** The limits of time that end a session. */
export type TimeLimit = 'client-idle' | 'idle-in-transaction' | 'query' | 'transaction' | 'pin-idle';

/** What the core refuses a client for; the app turns it into an error with SQLSTATE and advice. */
export type Refusal =
  | { readonly kind: 'protocol-violation'; readonly detail: string }
  | { readonly kind: 'message-too-large'; readonly bytes: number; readonly bytesMax: number }
  /** `cause`: why no server connection was to be had. `no-right`: it was not known whether one might be opened. `paused`: its operator holds the pool. `server-full`: the server took no more. */
  | {
      readonly kind: 'wait-timeout';
      readonly waitMs: number;
      readonly budget: number;
      readonly cause: 'budget' | 'pool' | 'no-right' | 'paused' | 'server-full';
    }
  /** The operator ended everything of the pool; `inDoubt`: while a server had not answered all it was sent. */
  | { readonly kind: 'killed'; readonly inDoubt: boolean }
  /** The process leaves and waits no longer. */
  | { readonly kind: 'leaving'; readonly inDoubt: boolean }
  | { readonly kind: 'server-lost' }
  /** The connection that listened for this client is gone. */
  | { readonly kind: 'listener-lost' }
  /** More notifications than are kept for a client that takes none. */
  | { readonly kind: 'notifications-untold'; readonly bytes: number }
  | { readonly kind: 'pin-limit'; readonly reason: PinReason; readonly pinnedMax: number }
  | { readonly kind: 'time-limit'; readonly limit: TimeLimit; readonly ms: number }
  /** A transaction was left open in a pool that lends a server for one statement. */
  | { readonly kind: 'statement-mode' }
  /** Opening a server connection failed; `cause` is what the opener said. */
  | { readonly kind: 'open-failed'; readonly cause: unknown }
  /** The server refused this client's own startup settings; the bytes are its ErrorResponse. */
  | { readonly kind: 'replay-failed'; readonly errorFrame: Uint8Array };
