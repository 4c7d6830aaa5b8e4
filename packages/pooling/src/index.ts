// The package's surface: the pooling core, which decides and forwards but has no socket, timer or clock of its own.

export { loadSqlParser, sqlParserFailed } from '@weir/sql';
export {
  type Attempt,
  type Circuit,
  type CircuitState,
  shortTroubleMs,
  type TroubleKind,
} from './circuit.ts';
export { ClientSession, type ClientStart, type ClientState } from './client-session.ts';
export type { PinReason, Refusal, ServerCloseReason } from './close-reason.ts';
export { Dispatcher, type DispatcherLimits, defaultDispatcherLimits } from './dispatcher.ts';
export type { Effects, OpenFailure } from './effects.ts';
export { ReplyForwarder } from './forward-replies.ts';
export { defaultRequestLimits, RequestForwarder, type RequestLimits } from './forward-requests.ts';
export { idleSince } from './idle-clients.ts';
export { DrainPace, endAtDeadline, killPool, pausePool, reconnectPool, resumePool } from './orders.ts';
export { type Allocate, OutBuffer, type Peer } from './out-buffer.ts';
export {
  Pool,
  type PoolMode,
  type PoolObserver,
  type PoolSettings,
  type StateTracking,
} from './pool.ts';
export { ServerSession, type ServerState, TransactionStatus } from './server-session.ts';
export { sweep, sweepIdleClients } from './sweep.ts';
export { SweepTurns } from './sweep-turns.ts';
export { type DirectWaiter, type Lease, Upstream } from './upstream.ts';
export { noValues, ValueSet, valueSetOf, valueSetsForgotten, withValue } from './value-set.ts';
