// Leases of a budget over many processes, as pure decisions: the rule of shared state, and a process's side of it.
export { EndedProcesses, holderName } from './ended-processes.ts';
export { type HolderStanding, LeaseHolder, type LeaseProcess, type SilentHolder } from './holder.ts';
export { LeaseQueue } from './lease-queue.ts';
export {
  type Registration,
  registeredIn,
  type Session,
  type Sight,
  sessionsOf,
  strangersIn,
} from './look.ts';
export {
  type Decision,
  decide,
  type HolderRecord,
  type LeaseAnswer,
  type LeaseMemory,
  type LeaseNote,
  type LeaseRequest,
  type LeaseState,
  overtaken,
  strangersHolder,
} from './rule.ts';
export {
  incumbencyMs,
  leaseMarginMs,
  leaseTtlMs,
  rightsOverMs,
  settledAfterEndMs,
  wantFreshMs,
} from './times.ts';
export { type OpenedServer, type Told, Untold } from './untold.ts';
export {
  type LeaseAsked,
  type LeasedUpstream,
  type LeaseSurroundings,
  UpstreamLease,
} from './upstream-lease.ts';
