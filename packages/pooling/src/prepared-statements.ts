// Protocol-level prepared statements: one text, many clients and servers. Which server has which, and under what name.
import { copyOf } from '@weir/protocol';
import type { StateTracking } from './pool.ts';
import { deallocatedName } from './sql-deallocate.ts';
import { type TextEffects, textEffects } from './text-effects.ts';

/** What a client prepared without a name, kept so that another server can be given it. */
export class UnnamedStatement {
  /** Query text with its NUL and parameter types: a Parse message without the name. */
  readonly payload: Uint8Array;
  private known: TextEffects | null;
  private knownUnder: StateTracking;
  /** It is a DEALLOCATE of this name. */
  readonly deallocates: string | null;

  /** `looked`: the effects of the text, if it has been looked at already. */
  constructor(payload: Uint8Array, tracking: StateTracking, looked?: TextEffects | null) {
    const textEnd = payload.indexOf(0);
    this.payload = payload;
    this.known = looked === undefined ? textEffects(payload, 0, textEnd, tracking) : looked;
    this.knownUnder = tracking;
    this.deallocates = deallocatedName(payload, 0, textEnd + 1);
  }

  /** Null: nothing in it hints at session state. */
  effects(tracking: StateTracking): TextEffects | null {
    if (tracking !== this.knownUnder) {
      this.known = textEffects(this.payload, 0, this.payload.indexOf(0), tracking);
      this.knownUnder = tracking;
    }
    return this.known;
  }
}

/** A named statement, shared by all clients of a pool that prepared the same text with the same types. */
export class Statement extends UnnamedStatement {
  /** Its name on servers: ASCII, unique in this process. */
  readonly serverName: string;
  readonly serverNameBytes: Uint8Array;
  readonly hash: number;
  /** Client names that point here. */
  users = 0;
  /** A server said that its result type changed: whoever prepares the text from now on gets a new statement. */
  stale = false;

  constructor(
    serverName: string,
    payload: Uint8Array,
    hash: number,
    tracking: StateTracking,
    looked?: TextEffects | null,
  ) {
    super(payload, tracking, looked);
    this.serverName = serverName;
    this.serverNameBytes = bytesOf(serverName);
    this.hash = hash;
  }
}

/** The bytes of a name kept as a map key: a byte for a character. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Prefix of every name that Weir gives a statement on a server. */
export const serverNamePrefix = '__weir_';

/** True if `payload` equals `bytes[from..to)`. */
export function sameBytes(payload: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  const length = payload.length | 0;
  if (length !== to - from) return false;
  let at = from | 0;
  for (let i = 0; i < length; i = (i + 1) | 0) {
    if (payload[i] !== bytes[at]) return false;
    at = (at + 1) | 0;
  }
  return true;
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

let statementsMade = 0;

/** The named statements of one pool, found by their bytes. */
export class StatementCache {
  private readonly byHash = new Map<number, Statement[]>();
  size = 0;

  /** The statement for a Parse payload in `bytes[from..to)`, made if it is new; counts one more user. */
  take(
    bytes: Uint8Array,
    from: number,
    to: number,
    tracking: StateTracking,
    looked?: TextEffects | null,
  ): Statement {
    const hash = hashOf(bytes, from, to);
    let bucket = this.byHash.get(hash);
    if (bucket !== undefined) {
      for (const statement of bucket) {
        if (!statement.stale && sameBytes(statement.payload, bytes, from, to)) {
          statement.users++;
          return statement;
        }
      }
    } else {
      this.byHash.set(hash, (bucket = []));
    }
    statementsMade++;
    const statement = new Statement(
      `${serverNamePrefix}${statementsMade}`,
      copyOf(bytes, from, to),
      hash,
      tracking,
      looked,
    );
    statement.users = 1;
    bucket.push(statement);
    this.size++;
    return statement;
  }

  /** One user less; without users the text is forgotten. Servers that still have it evict it in time. */
  give(statement: Statement): void {
    statement.users--;
    if (statement.users > 0) return;
    const bucket = this.byHash.get(statement.hash);
    const at = bucket?.indexOf(statement) ?? -1;
    if (bucket === undefined || at < 0) return;
    bucket.splice(at, 1);
    this.size--;
    if (bucket.length === 0) this.byHash.delete(statement.hash);
  }

  /** After a schema change: texts prepared from now on are planned afresh, as on a direct connection. */
  markAllStale(): void {
    for (const bucket of this.byHash.values()) for (const statement of bucket) statement.stale = true;
  }
}

/** Which named statements one server connection has, oldest use first. */
export class ServerStatements {
  private readonly uses = new Map<Statement, { tick: number }>();
  private tick = 0;
  readonly statementsMax: number;

  constructor(statementsMax: number) {
    this.statementsMax = statementsMax;
  }

  get size(): number {
    return this.uses.size;
  }

  has(statement: Statement): boolean {
    return this.uses.has(statement);
  }

  /** Notes a use of one that is there; false if it is not. */
  use(statement: Statement): boolean {
    const use = this.uses.get(statement);
    if (use === undefined) return false;
    use.tick = ++this.tick;
    return true;
  }

  /** Adds one, as used just now. */
  add(statement: Statement): void {
    this.uses.set(statement, { tick: ++this.tick });
  }

  forget(statement: Statement): void {
    this.uses.delete(statement);
  }

  clear(): void {
    this.uses.clear();
  }

  /** The one to close before another may be added, or null while there is room. */
  oldestBeyondLimit(): Statement | null {
    if (this.uses.size < this.statementsMax) return null;
    let oldest: Statement | null = null;
    let oldestTick = Number.POSITIVE_INFINITY;
    for (const [statement, { tick }] of this.uses) {
      if (tick < oldestTick) {
        oldest = statement;
        oldestTick = tick;
      }
    }
    return oldest;
  }
}
