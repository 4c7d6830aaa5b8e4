// The rule by which shared state leases the slots of one upstream: one request in, the new state and an answer out.
import { byName, type Need, shareOut } from './share-out.ts';
import { wantFreshMs } from './times.ts';

/** What a holder, one process, says of one upstream each time. Counts are of slots. */
export interface LeaseRequest {
  readonly upstream: string;
  readonly holder: string;
  /** Rises with each request of this holder; what comes late is ignored. */
  readonly seq: number;
  /** The budget by the newest record that it knows; the lowest of all holders is in force. */
  readonly budget: number;
  /** What it keeps of its share: at least those in use. The rest is given back by this very request. */
  readonly keep: number;
  /** In use, from before dial to the server's end of file. */
  readonly used: number;
  /** Of those, idle ones that it could close at once. */
  readonly idle: number;
  /** Of those in use, direct and pinned ones. */
  readonly held: number;
  /** How many more it has waiters for, and how long the first of them has waited. */
  readonly wanted: number;
  readonly waitMs: number;
  /** How many it would like to keep at hand beyond, if nobody wants them. */
  readonly spare: number;
  /** Random: what the memory is called if it has to begin anew. */
  readonly nonce: string;
  /** The memory of this name was seen closed for so long that all rights given before are over. */
  readonly reopen: string | null;
  /** A silent holder was looked for in the database: no more than `charge` of its connections can be there. */
  readonly silent: { readonly holder: string; readonly seq: number; readonly charge: number } | null;
  /** After the memory of this name was opened, the server had so many connections of Weir's that nobody has declared. */
  readonly checked: { readonly memory: string; readonly strangers: number } | null;
}

/** Whether shared state remembers what it has granted. Shared by many upstreams. */
export interface LeaseMemory {
  /** Of the server that wrote it: another one may have lost the end. */
  readonly runId: string;
  readonly nonce: string;
  readonly open: boolean;
  /** Nothing was ever leased before it: then no server has to be looked at. */
  readonly fresh: boolean;
}

/** What is known of one holder. */
export interface HolderRecord {
  readonly seq: number;
  readonly budget: number;
  /** Slots that nobody else may have. */
  readonly charge: number;
  readonly used: number;
  readonly idle: number;
  readonly held: number;
  readonly wanted: number;
  readonly waitMs: number;
  /** By the clock of shared state, which nothing that must be safe depends on. */
  readonly atMs: number;
}

export interface LeaseState {
  readonly memory: LeaseMemory | null;
  readonly holders: ReadonlyMap<string, HolderRecord>;
  /** The memory under which the server was last looked at. */
  readonly checked: string | null;
}

export interface LeaseAnswer {
  /** False: a later request has overtaken this one, and nothing else here means anything. */
  readonly current: boolean;
  /** What the holder may have in use from now on. */
  readonly share: number;
  /** Whether it may open server connections for a time. */
  readonly open: boolean;
  /** What it is to come down to, as soon as it can; its share if it need not. */
  readonly limit: number;
  /** The budget in force. */
  readonly budget: number;
  /** Direct and pinned connections of all other holders. */
  readonly heldElsewhere: number;
  /** How many slots other holders wait for. */
  readonly wantedElsewhere: number;
  /** The name of a memory that has to be waited for; null: it is open. */
  readonly closed: string | null;
  /** The name of a memory that is open, but under which this server has not been looked at. */
  readonly unchecked: string | null;
  /** Shared state knew this holder. If not, it knows none of its server connections either. */
  readonly known: boolean;
  /** The others, among whom there may be silent ones. */
  readonly others: readonly { readonly holder: string; readonly seq: number; readonly charge: number }[];
}

/** Tells a holder at once what it would otherwise hear with its next request. */
export interface LeaseNote {
  readonly upstream: string;
  readonly holder: string;
  /** What it is to come down to, or all it has: then somebody waits for what it can spare. Null: slots are free for it. */
  readonly limit: number | null;
}

export interface Decision {
  readonly state: LeaseState;
  readonly answer: LeaseAnswer;
  readonly notes: readonly LeaseNote[];
}

/** Holds what nobody has declared. It never asks, so that it is looked for like any silent holder. */
export const strangersHolder = '?';

/** The answer to a request that comes after a later one. */
export const overtaken: LeaseAnswer = {
  current: false,
  share: 0,
  open: false,
  limit: 0,
  budget: 0,
  heldElsewhere: 0,
  wantedElsewhere: 0,
  closed: null,
  unchecked: null,
  known: false,
  others: [],
};

/**
 * `runId` names the server that decides, `nowMs` is its clock. The sum of all charges never rises above the budget by
 * a grant; it is above it after a budget was lowered, or after something was forgotten, and then nobody may open.
 */
export function decide(state: LeaseState, request: LeaseRequest, runId: string, nowMs: number): Decision {
  const memory = remember(state.memory, request, runId);
  const before = state.holders.get(request.holder);
  if (before !== undefined && request.seq <= before.seq) {
    return { state: { ...state, memory }, answer: overtaken, notes: [] };
  }
  const holders = new Map(state.holders);
  reclaim(holders, request.silent);
  // Who has nothing and has gone need not be looked for.
  for (const [holder, record] of holders)
    if (record.charge === 0 && !isFresh(record, nowMs)) holders.delete(holder);
  const checked = check(holders, state.checked, memory, request, nowMs);
  const isOpen = memory.open && (memory.fresh || checked === memory.nonce);
  const { seq, budget: stated, keep, used, idle, held, wanted, waitMs } = request;
  const own = { seq, budget: stated, charge: keep, used, idle, held, wanted, waitMs, atMs: nowMs };
  holders.set(request.holder, own);

  const budget = Math.min(...[...holders.values()].map((record) => record.budget));
  const targets = targetsOf(holders, budget, nowMs);
  let charged = sumOf(holders, ({ charge }) => charge);
  if (isOpen && charged <= budget) {
    const missing = missingOf(holders, targets, nowMs);
    const reserved = sumOfValues(missing) - (missing.get(request.holder) ?? 0);
    const free = budget - charged;
    const owed = Math.min(missing.get(request.holder) ?? 0, free);
    const beyond = Math.min(wanted - owed + request.spare, free - owed - reserved);
    const granted = owed + Math.max(0, beyond);
    holders.set(request.holder, { ...own, charge: keep + granted });
    charged += granted;
  }
  const share = holders.get(request.holder)!.charge;
  const missing = missingOf(holders, targets, nowMs);
  // While nobody may open, nobody has to make room for others.
  const short = charged - budget + (isOpen ? sumOfValues(missing) : 0);
  const limits = limitsOf(holders, targets, short);
  const others = [...holders].filter(([holder]) => holder !== request.holder);
  const answer: LeaseAnswer = {
    current: true,
    share,
    open: isOpen && charged <= budget,
    limit: limits.get(request.holder) ?? share,
    budget,
    heldElsewhere: others.reduce((sum, [, record]) => sum + record.held, 0),
    wantedElsewhere: others.reduce((sum, [, record]) => sum + wantsOf(record, nowMs), 0),
    closed: memory.open ? null : memory.nonce,
    unchecked: memory.open && !isOpen ? memory.nonce : null,
    known: before !== undefined,
    others: others
      .map(([holder, record]) => ({ holder, seq: record.seq, charge: record.charge }))
      .sort(byName),
  };
  const notes: LeaseNote[] = [];
  const waits = isOpen && share < keep + wanted;
  for (const [holder, record] of [...holders].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (holder === request.holder) continue;
    const limit = limits.get(holder);
    const { upstream } = request;
    if (limit !== undefined) notes.push({ upstream, holder, limit });
    else if (isOpen && charged < budget && missing.has(holder)) notes.push({ upstream, holder, limit: null });
    else if (waits && record.charge > 0 && isFresh(record, nowMs))
      notes.push({ upstream, holder, limit: record.charge });
  }
  if (share === 0 && wanted === 0) holders.delete(request.holder);
  return { state: { memory, holders, checked }, answer, notes };
}

function remember(memory: LeaseMemory | null, request: LeaseRequest, runId: string): LeaseMemory {
  if (memory === null || memory.runId !== runId) {
    return { runId, nonce: request.nonce, open: false, fresh: false };
  }
  if (!memory.open && request.reopen === memory.nonce) return { ...memory, open: true };
  return memory;
}

/** Counts what nobody has declared as a holder's of its own, until a look shows that it is gone. */
function check(
  holders: Map<string, HolderRecord>,
  checked: string | null,
  memory: LeaseMemory,
  { checked: sight, seq, budget }: LeaseRequest,
  nowMs: number,
): string | null {
  if (sight === null || !memory.open || sight.memory !== memory.nonce || checked === memory.nonce)
    return checked;
  const { strangers: charge } = sight;
  const record = { seq, budget, charge, used: charge, idle: 0, held: 0, wanted: 0, waitMs: 0, atMs: nowMs };
  if (charge > 0) holders.set(strangersHolder, record);
  else holders.delete(strangersHolder);
  return memory.nonce;
}

function reclaim(holders: Map<string, HolderRecord>, silent: LeaseRequest['silent']): void {
  if (silent === null) return;
  const record = holders.get(silent.holder);
  if (record === undefined || record.seq !== silent.seq || silent.charge >= record.charge) return;
  if (silent.charge === 0) holders.delete(silent.holder);
  else {
    const { charge } = silent;
    holders.set(silent.holder, { ...record, charge, used: charge, idle: 0, held: 0, wanted: 0 });
  }
}

function isFresh({ atMs }: HolderRecord, nowMs: number): boolean {
  return atMs <= nowMs && nowMs - atMs < wantFreshMs;
}

/** Wants of those who have not been heard of lately are not reckoned with, and neither is what seems to be of later. */
function wantsOf(record: HolderRecord, nowMs: number): number {
  return isFresh(record, nowMs) ? record.wanted : 0;
}

/** What each ought to have. What the silent have is theirs until they are looked for, and is not shared out. */
function targetsOf(
  holders: ReadonlyMap<string, HolderRecord>,
  budget: number,
  nowMs: number,
): ReadonlyMap<string, number> {
  const needs: Need[] = [];
  const silent = new Map<string, number>();
  let left = budget;
  for (const [holder, record] of holders) {
    const { charge, used, idle, wanted, waitMs, atMs } = record;
    if (isFresh(record, nowMs)) {
      const waitedMs = wanted === 0 ? 0 : waitMs + nowMs - atMs;
      needs.push({ holder, charge, need: used - idle + wanted, waitMs: waitedMs });
    } else {
      silent.set(holder, charge);
      left -= charge;
    }
  }
  return new Map([...silent, ...shareOut(Math.max(0, left), needs)]);
}

/** What each is owed and has not got. */
function missingOf(
  holders: ReadonlyMap<string, HolderRecord>,
  targets: ReadonlyMap<string, number>,
  nowMs: number,
): Map<string, number> {
  const missing = new Map<string, number>();
  for (const [holder, record] of holders) {
    const count = Math.min(wantsOf(record, nowMs), targets.get(holder)! - record.charge);
    if (count > 0) missing.set(holder, count);
  }
  return missing;
}

/** Who has to come down to what, so that `short` slots come free: first those who can at once. */
function limitsOf(
  holders: ReadonlyMap<string, HolderRecord>,
  targets: ReadonlyMap<string, number>,
  short: number,
): Map<string, number> {
  const limits = new Map<string, number>();
  const ready = ({ charge, used, idle }: HolderRecord): number => charge - used + idle;
  const order = [...holders].sort(
    ([a, recordA], [b, recordB]) => ready(recordB) - ready(recordA) || (a < b ? -1 : 1),
  );
  let left = short;
  for (const [holder, { charge }] of order) {
    const gives = Math.min(charge - targets.get(holder)!, left);
    if (gives <= 0) continue;
    limits.set(holder, charge - gives);
    left -= gives;
  }
  return limits;
}

function sumOf(holders: ReadonlyMap<string, HolderRecord>, count: (record: HolderRecord) => number): number {
  let sum = 0;
  for (const record of holders.values()) sum += count(record);
  return sum;
}

function sumOfValues(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
