// A first look at an SQL text: which words that hint at session state stand in it. No parsing, no allocation, works on chunks.

/** What a text may do, as bits. A set bit is a suspicion, a clear one is not a proof. */
export const Suspicion = {
  None: 0,
  /** Temporary tables, views, sequences: `temp`, `temporary`, `pg_temp`. */
  TempObject: 1 << 0,
  /** `set_config(…)`. */
  SetConfig: 1 << 1,
  /** Session-level advisory locks (the `_xact_` forms end with the transaction and are not meant). */
  AdvisoryLock: 1 << 2,
  /** `DECLARE … WITH HOLD`. */
  HoldCursor: 1 << 3,
  /** `setseed(…)`. */
  Seed: 1 << 4,
  /** `currval` and `lastval`: they ask for state of this very session. */
  SequenceState: 1 << 5,
  /** Replication slots and origins made for a session. */
  Replication: 1 << 6,
  /** Connections opened from inside the server and kept for the session. */
  NestedConnection: 1 << 7,
  /** A SET inside a DO block, which no command tag tells. */
  SetInsideDo: 1 << 8,
} as const;

// Bits below are single words that mean something only together; they never leave this file.
const wordDeclare = 1 << 20;
const wordHold = 1 << 21;
const wordDo = 1 << 22;
const wordSet = 1 << 23;

const words: readonly (readonly [string, number])[] = [
  ['temp', Suspicion.TempObject],
  ['temporary', Suspicion.TempObject],
  ['pg_temp', Suspicion.TempObject],
  ['set_config', Suspicion.SetConfig],
  ['pg_advisory_lock', Suspicion.AdvisoryLock],
  ['pg_advisory_lock_shared', Suspicion.AdvisoryLock],
  ['pg_try_advisory_lock', Suspicion.AdvisoryLock],
  ['pg_try_advisory_lock_shared', Suspicion.AdvisoryLock],
  ['setseed', Suspicion.Seed],
  ['currval', Suspicion.SequenceState],
  ['lastval', Suspicion.SequenceState],
  ['pg_replication_origin_session_setup', Suspicion.Replication],
  ['pg_create_logical_replication_slot', Suspicion.Replication],
  ['pg_create_physical_replication_slot', Suspicion.Replication],
  ['pg_copy_logical_replication_slot', Suspicion.Replication],
  ['pg_copy_physical_replication_slot', Suspicion.Replication],
  ['dblink_connect', Suspicion.NestedConnection],
  ['dblink_connect_u', Suspicion.NestedConnection],
  ['declare', wordDeclare],
  ['hold', wordHold],
  ['do', wordDo],
  ['set', wordSet],
];

// FNV-1a over lower-cased bytes. Two words with one hash cost a false suspicion, never a missed one.
const hashStart = 0x811c9dc5 | 0;
const hashStep = 0x01000193;

// Lower-cased byte of each identifier character, 0 for everything that ends a word.
const identifier = new Uint8Array(256);
for (let code = 0; code < 256; code++) {
  const upper = code >= 0x41 && code <= 0x5a;
  const lower = code >= 0x61 && code <= 0x7a;
  const digit = code >= 0x30 && code <= 0x39;
  if (upper) identifier[code] = code + 32;
  else if (lower || digit || code === 0x5f || code >= 0x80) identifier[code] = code;
}

function hashOf(word: string): number {
  let hash = hashStart;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), hashStep);
  return hash;
}

// Open addressing over 256 slots for 22 words: a look-up nearly always ends at the first slot.
const slotHash = new Int32Array(256);
const slotBits = new Int32Array(256);
for (const [word, bits] of words) {
  const hash = hashOf(word);
  let slot = hash & 255;
  while (slotBits[slot] !== 0) slot = (slot + 1) & 255;
  slotHash[slot] = hash;
  slotBits[slot] = bits;
}

function bitsOf(hash: number): number {
  let slot = hash & 255;
  while (slotBits[slot] !== 0) {
    if (slotHash[slot] === hash) return slotBits[slot]!;
    slot = (slot + 1) & 255;
  }
  return 0;
}

/** Looks through one SQL text that may arrive in pieces. Reused from text to text: call `start` first. */
export class WordScan {
  private hash = hashStart;
  private found = 0;

  /** Forgets the text before. */
  start(): void {
    this.hash = hashStart;
    this.found = 0;
  }

  /** Looks at `bytes[from..to)`; a word may go on in the next piece. */
  feed(bytes: Uint8Array, from: number, to: number): void {
    let hash = this.hash;
    let found = this.found;
    for (let i = from; i < to; i++) {
      const code = identifier[bytes[i]!]!;
      if (code !== 0) {
        hash = Math.imul(hash ^ code, hashStep);
      } else if (hash !== hashStart) {
        found |= bitsOf(hash);
        hash = hashStart;
      }
    }
    this.hash = hash;
    this.found = found;
  }

  /** Ends the text; returns bits of {@link Suspicion}. */
  end(): number {
    const found = this.found | bitsOf(this.hash);
    let suspicion = found & 0xffff;
    if ((found & wordDeclare) !== 0 && (found & wordHold) !== 0) suspicion |= Suspicion.HoldCursor;
    if ((found & wordDo) !== 0 && (found & wordSet) !== 0) suspicion |= Suspicion.SetInsideDo;
    return suspicion;
  }
}

const scan = new WordScan();

/** Bits of {@link Suspicion} for a whole text in `bytes[from..to)`. */
export function suspicionOf(bytes: Uint8Array, from: number, to: number): number {
  scan.start();
  scan.feed(bytes, from, to);
  return scan.end();
}
