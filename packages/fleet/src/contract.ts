// What the processes of a fleet share, as interfaces that every adapter (Redis, in memory) keeps. No implementation here.
import type { LeaseAnswer, LeaseNote, LeaseRequest, OpenedServer } from '@weir/leases';
import type { PublishedEndpoint } from '@weir/tenancy';
import type { BucketRule } from './token-bucket.ts';

/** The answer to «which endpoint is this?». `not-known-yet` is never cached and never told as «does not exist». */
export type EndpointLookUp =
  /** `remembered`: shared state could not say; this is what it said when it was last asked, perhaps long ago. */
  | { readonly kind: 'found'; readonly endpoint: PublishedEndpoint; readonly remembered?: true }
  | { readonly kind: 'absent' }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'not-known-yet' };

/** The poolers' half: read published endpoints and hear of changes. */
export interface EndpointDirectory {
  /** Rejects with FleetUnavailableError when shared state cannot be reached. */
  lookUp(endpointId: string): Promise<EndpointLookUp>;
  /** Called with the id of each endpoint that changed, and with null after a reconnect (re-check all). Returns the unsubscribe. */
  onChange(listener: (endpointId: string | null) => void): () => void;
}

/**
 * The control plane's half. `epoch` is the catalog's; a higher one always wins, then the higher generation. Where both are
 * the same, a record takes the place of one that another seal key has sealed.
 */
export interface EndpointPublisher {
  publish(endpoint: PublishedEndpoint, epoch: number): Promise<'applied' | 'stale'>;
  /** Leaves a tombstone, so that a late publication cannot bring the endpoint back. */
  retire(endpointId: string, generation: number, epoch: number): Promise<'applied' | 'stale'>;
  /** Says that everything the catalog holds has been published; until then a miss is `not-known-yet`. */
  markComplete(epoch: number): Promise<void>;
  /** The epoch of the last markComplete, or null: shared state is empty and needs a full publication. */
  completeEpoch(): Promise<number | null>;
  /** Which key has sealed the record of each of these endpoints; null: there is none, or it is not sealed. */
  sealKeyIds(endpointIds: readonly string[]): Promise<readonly (string | null)[]>;
}

/** Counters of one endpoint on one process, as the dashboard shows them. */
export interface ActivityCounters {
  readonly clientsActive: number;
  readonly clientsIdle: number;
  readonly clientsWaiting: number;
  readonly serversActive: number;
  readonly serversIdle: number;
  readonly serversOpening: number;
  readonly serversDirect: number;
  readonly serversPinned: number;
  readonly transactionsTotal: number;
}

/** A report is renewed each second, so it names few pins, and those with statements cut short. */
export const pinsReportedMax = 50;
export const pinStatementCharactersMax = 500;

/** A server connection that stays with one client beyond its transaction, when the report was made. */
export interface PinReport {
  readonly reason: string;
  /** What pinned it, without its values; null: no single statement did, or it is not known. */
  readonly statement: string | null;
  readonly role: string;
  readonly database: string;
  readonly applicationName: string | null;
  /** ISO 8601. */
  readonly since: string;
  /** For how long the client has sent nothing, to about a second; null: it runs something or has a transaction open. */
  readonly idleMs: number | null;
}

/** Pins of one endpoint on one process. */
export interface EndpointPins {
  /** The newest first, `pinsReportedMax` of them. */
  readonly newest: readonly PinReport[];
  /** How many more there are. */
  readonly leftOut: number;
  /** How many began since the process started, by reason. */
  readonly totals: Readonly<Record<string, number>>;
}

/** What one process has seen of an endpoint's database lately. */
export interface UpstreamReport {
  /** Ms since it last answered; null: it was not asked anything. */
  readonly answeredMsAgo: number | null;
  /** Nobody gets in now: the pooler's error, the server's own SQLSTATE if it was the server that refused, and for how long. */
  readonly trouble: { readonly code: string; readonly sqlstate: string; readonly forMs: number } | null;
  /** How long the last server connection took to open; null: none was. */
  readonly openMs: number | null;
}

/** What goes on at one endpoint on one process. What is counted is so since the process started. */
export interface EndpointActivity extends ActivityCounters {
  /** Of the record that it is served by: whatever that orders has been done. */
  readonly generation: number;
  readonly pins: EndpointPins;
  readonly addresses: ClientAddresses;
  readonly upstream: UpstreamReport;
  /** Errors that were given to clients, by code. */
  readonly errors: Readonly<Record<string, number>>;
  /** How often a client waited for a server so long, by classes of time that all processes of a release share. */
  readonly waits: readonly number[];
  /** The same for how long a client had a server. */
  readonly executions: readonly number[];
}

/** A report is renewed each second, so it lists few addresses. */
export const addressesReportedMax = 50;

/** Where the clients of one endpoint on one process come from. */
export interface ClientAddresses {
  /** How many by address, of `addressesReportedMax` addresses. */
  readonly clients: Readonly<Record<string, number>>;
  /** How many come from others. */
  readonly leftOut: number;
}

/** More classes of time than any release reports. */
export const timeClassesMax = 64;

/** One pooler process as the fleet sees it. */
export interface ProcessReport {
  readonly processId: string;
  readonly startedAt: string;
  readonly endpoints: Readonly<Record<string, EndpointActivity>>;
}

/** Who is there. A report that is not renewed within 5 s is gone. */
export interface ProcessRegistry {
  report(report: ProcessReport): Promise<void>;
  leave(processId: string): Promise<void>;
  all(): Promise<readonly ProcessReport[]>;
  /** Processes that reported within the last ten lifetimes of a report, do not now, and have not left: by their ids. */
  silent(): Promise<readonly string[]>;
}

/** Which seal keys a process has. */
export interface SealKeyReport {
  readonly processId: string;
  readonly process: 'pooler' | 'control-api' | 'worker';
  /** The one that it seals with first. */
  readonly keyIds: readonly string[];
  /** Why it cannot use its key file as it is now; null: it can. */
  readonly fault: string | null;
}

/** Who has which seal keys, so that one can tell when all have a new one and nobody needs an old one. Reports live 5 s. */
export interface SealKeyRegistry {
  report(report: SealKeyReport): Promise<void>;
  leave(processId: string): Promise<void>;
  all(): Promise<readonly SealKeyReport[]>;
}

/** A server connection that a process has registered, so that others can look for it when that process is silent. */
export interface RegisteredServer {
  readonly holder: string;
  /** Of the backend, as the server told it. */
  readonly processId: number;
  readonly role: string;
}

/** One lease request, and what has changed since the last that was answered. */
export interface LeaseAsk {
  readonly request: LeaseRequest;
  readonly opened: readonly OpenedServer[];
  /** Process ids of backends that are gone. */
  readonly gone: readonly number[];
}

/** Leases of budgets (`packages/fleet/LEASES.md`). */
export interface LeaseStore {
  /** One round trip for all; a null is one that failed alone. Rejects with FleetUnavailableError when none was answered. */
  ask(asks: readonly LeaseAsk[]): Promise<readonly (LeaseAnswer | null)[]>;
  /** Called with what holders are told between their requests. Returns the unsubscribe. */
  onNote(listener: (note: LeaseNote) => void): () => void;
  /** Says to all that a process has ended, on behalf of one who waited for its end. Rejects with FleetUnavailableError. */
  tellEnded(processId: string): Promise<void>;
  /** Called with the id of each process of which that was said. Returns the unsubscribe. */
  onEnded(listener: (processId: string) => void): () => void;
  /** Rejects with FleetUnavailableError. */
  servers(upstream: string): Promise<readonly RegisteredServer[]>;
}

/** What one process counted of one endpoint since `countedSince`. All but `clientsPeak` only rise. */
export interface UsageCounters {
  /** ISO 8601. Counters that began anew have another one. */
  readonly countedSince: string;
  /** Most clients that were connected at once lately, which is since well before the report before. */
  readonly clientsPeak: number;
  /** Seconds for which a client was connected, over all clients. */
  readonly clientSeconds: number;
  /** Seconds for which a server connection was open, over all of them. */
  readonly serverConnectionSeconds: number;
  readonly transactions: number;
  readonly queries: number;
  /** From clients. */
  readonly bytesReceived: number;
  /** To clients. */
  readonly bytesSent: number;
  /** Seconds for which clients waited for a server connection. */
  readonly waitSeconds: number;
}

/** What one process counted. Reports of one process that was started anew are another one's. */
export interface UsageReport {
  readonly processId: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601. */
  readonly reportedAt: string;
  readonly endpoints: Readonly<Record<string, UsageCounters>>;
}

/** What was used. A report outlives its process by an hour, so that what it counted last is not lost with it. */
export interface UsageLedger {
  report(report: UsageReport): Promise<void>;
  all(): Promise<readonly UsageReport[]>;
}

/** Nobody logs in to the endpoint from the source for so long. */
export interface Ban {
  readonly endpointId: string;
  /** An IPv4 address, or the /64 of an IPv6 one. */
  readonly source: string;
  readonly leftMs: number;
}

/** So many failed logins within the window lead to a ban of that length. */
export interface BanRule {
  readonly failuresMax: number;
  readonly windowMs: number;
  readonly banMs: number;
}

/** Failed logins and bans of the whole fleet. Bounded: what is too much is forgotten. Rejects with FleetUnavailableError. */
export interface BanStore {
  /** Counts one. True: it led to a ban. */
  failed(endpointId: string, source: string, rule: BanRule): Promise<boolean>;
  /** All bans in force; null: none was made or cleared since `version` was told. */
  read(version: string | null): Promise<{ readonly version: string; readonly bans: readonly Ban[] } | null>;
  /** Ends bans of an endpoint, of one source or of all (null), with what was counted. Says how many. */
  clear(endpointId: string, source: string | null): Promise<number>;
}

/** How many connects endpoints have left, over the whole fleet. Bounded: what is too much is forgotten. */
export interface ConnectStore {
  /**
   * Takes from each endpoint's bucket what was let in since the last call, and gives what is left in it: below 0 where
   * more was let in than it held. Rejects with FleetUnavailableError.
   */
  spend(taken: ReadonlyMap<string, number>, rule: BucketRule): Promise<ReadonlyMap<string, number>>;
}

/** What a CancelRequest says. */
export interface CancelRequest {
  readonly processId: number;
  readonly secretKey: Uint8Array;
}

/** Carries a request out; resolves when nothing that begins later can be hit, with whether the key was known. */
export type PerformCancel = (request: CancelRequest) => Promise<boolean>;

/** Cancel requests on their way to the process that gave the key, since a client's second connection may land anywhere. */
export interface CancelForwarding {
  /** Hears requests for keys of `giver` from now on; several may hear for one number. Returns the end of it. */
  receive(giver: number, perform: PerformCancel): () => void;
  /**
   * Resolves when all who hear for `giver` are done, with how many of them knew the key; after 6 s without waiting for
   * the rest. A request that was not begun within 2 s is not carried out any more: by then its client may run something
   * else. Rejects with FleetUnavailableError.
   */
  forward(giver: number, request: CancelRequest): Promise<number>;
}

/** Everything shared, from one adapter. */
export interface Fleet {
  readonly kind: 'redis' | 'memory';
  readonly directory: EndpointDirectory;
  readonly publisher: EndpointPublisher;
  readonly registry: ProcessRegistry;
  readonly sealKeys: SealKeyRegistry;
  readonly leases: LeaseStore;
  readonly usage: UsageLedger;
  readonly cancels: CancelForwarding;
  readonly bans: BanStore;
  readonly connects: ConnectStore;
  /** Whether shared state answers now; for readiness. */
  healthy(): boolean;
  close(): Promise<void>;
}

/** Shared state cannot be reached; callers go on with what they have. */
export class FleetUnavailableError extends Error {
  override name = 'FleetUnavailableError';
}
