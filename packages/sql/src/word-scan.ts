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
  /** A DO block in which something is set, which no command tag tells. */
  SetInsideDo: 1 << 8,
  /** A statement that begins with SET, RESET or DISCARD. */
  Setting: 1 << 9,
  /** LISTEN, UNLISTEN, or a look at the channels that there are. */
  Listen: 1 << 10,
  /** Prepared statements by SQL, or a look at all that there are. */
  OwnStatement: 1 << 11,
  /** LOAD, or a function that may be one of a library. */
  Load: 1 << 12,
  /** Settings of a role or database, which sessions get that begin after it. */
  RoleSetting: 1 << 13,
  /** INSERT, `nextval`, `setval`: may leave the session a value of a sequence. By itself no reason to parse. */
  SequenceUse: 1 << 14,
  /** `pg_stat_force_next_flush`: what this session has counted is to be told now. */
  Statistics: 1 << 15,
  /** Of those that use sequences, the ones that name what they do: `nextval`, `setval`. */
  SequenceCall: 1 << 16,
} as const;

/** Bits for which the text is to be parsed before it is believed. */
export const parsedBits = 0xbfff;

// Bits below are single words that mean something only together; they never leave this file.
const wordDeclare = 1 << 20;
const wordHold = 1 << 21;
const wordDo = 1 << 22;
const wordSet = 1 << 23;
const wordAlter = 1 << 24;
const wordCreate = 1 << 25;
const wordLanguage = 1 << 26;

/** Words that count wherever they stand. */
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
  ['nextval', Suspicion.SequenceUse | Suspicion.SequenceCall],
  ['setval', Suspicion.SequenceUse | Suspicion.SequenceCall],
  // In a WITH, too.
  ['insert', Suspicion.SequenceUse],
  ['merge', Suspicion.SequenceUse],
  ['pg_replication_origin_session_setup', Suspicion.Replication],
  ['pg_create_logical_replication_slot', Suspicion.Replication],
  ['pg_create_physical_replication_slot', Suspicion.Replication],
  ['pg_copy_logical_replication_slot', Suspicion.Replication],
  ['pg_copy_physical_replication_slot', Suspicion.Replication],
  ['dblink_connect', Suspicion.NestedConnection],
  ['dblink_connect_u', Suspicion.NestedConnection],
  ['pg_prepared_statements', Suspicion.OwnStatement],
  ['pg_prepared_statement', Suspicion.OwnStatement],
  ['pg_listening_channels', Suspicion.Listen],
  ['pg_stat_force_next_flush', Suspicion.Statistics],
  ['language', wordLanguage],
  ['hold', wordHold],
  ['set', wordSet],
];

/** Words that count as the first of a statement. */
const leadingWords: readonly (readonly [string, number])[] = [
  ['set', Suspicion.Setting | wordSet],
  ['reset', Suspicion.Setting],
  ['discard', Suspicion.Setting],
  ['listen', Suspicion.Listen],
  ['unlisten', Suspicion.Listen],
  ['prepare', Suspicion.OwnStatement],
  ['execute', Suspicion.OwnStatement],
  ['deallocate', Suspicion.OwnStatement],
  ['load', Suspicion.Load],
  ['copy', Suspicion.SequenceUse],
  ['declare', wordDeclare],
  ['do', wordDo],
  ['alter', wordAlter],
  ['create', wordCreate],
  // EXPLAIN ANALYZE executes: what it explains may be a prepared statement.
  ['explain', 0],
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

/** Hashes and their bits. Open addressing over 256 slots for two dozen words: a look-up nearly always ends at once. */
class WordTable {
  private readonly slotHash = new Int32Array(256);
  private readonly slotBits = new Int32Array(256);

  constructor(entries: readonly (readonly [string, number])[]) {
    for (const [word, bits] of entries) {
      if (bits === 0) continue;
      const hash = hashOf(word);
      let slot = hash & 255;
      while (this.slotBits[slot] !== 0 && this.slotHash[slot] !== hash) slot = (slot + 1) & 255;
      this.slotHash[slot] = hash;
      this.slotBits[slot]! |= bits;
    }
  }

  bitsOf(hash: number): number {
    let slot = hash & 255;
    while (this.slotBits[slot] !== 0) {
      if (this.slotHash[slot] === hash) return this.slotBits[slot]!;
      slot = (slot + 1) & 255;
    }
    return 0;
  }
}

const anywhere = new WordTable(words);
const leading = new WordTable([...words, ...leadingWords]);

// Which characters (their low five bits) the words of a length begin and end with: most words of a text need no hash.
const lengthMax = 63;
const initials = new Int32Array(lengthMax + 1);
const finals = new Int32Array(lengthMax + 1);
for (const [word] of [...words, ...leadingWords]) {
  initials[word.length]! |= 1 << word.charCodeAt(0);
  finals[word.length]! |= 1 << word.charCodeAt(word.length - 1);
}

const semicolon = 0x3b;
const slash = 0x2f;
const minus = 0x2d;
const explainHash = hashOf('explain');

/** Looks through one SQL text that may arrive in pieces. Reused from text to text: call `start` first. */
export class WordScan {
  private hash = hashStart;
  private found = 0;
  /** No word of the statement has come yet. */
  private first = true;
  /** Nobody knows where this statement begins (a comment in front, EXPLAIN): every word may be its first. */
  private unsure = false;

  /** Forgets the text before. */
  start(): void {
    this.hash = hashStart;
    this.found = 0;
    this.first = true;
    this.unsure = false;
  }

  /** Looks at `bytes[from..to)`; a word may go on in the next piece. */
  feed(bytes: Uint8Array, from: number, to: number): void {
    // All in local names, and as 32-bit integers: what a module or an object holds is loaded and checked anew for every byte.
    const codes = identifier;
    const begins = initials;
    const ends = finals;
    const end = to | 0;
    let at = from | 0;
    let { first, unsure, found, hash } = this;
    while (at < end) {
      const begin = at;
      let byte = bytes[at]!;
      // A word that began in the piece before is looked up whatever its letters are.
      const cut = hash !== hashStart;
      if (cut || codes[byte] !== 0) {
        while (codes[byte] !== 0) {
          at = (at + 1) | 0;
          if (at === end) break;
          byte = bytes[at]!;
        }
        if (at === end) {
          hash = hashGoesOn(hash, bytes, begin, end);
          break;
        }
        const length = (at - begin) | 0;
        // Most words of a text begin or end as none does that counts and is as long. Shifts take the low five bits of a
        // letter, in which capitals are as small ones.
        if (
          cut ||
          (length <= lengthMax &&
            ((begins[length]! >>> bytes[begin]!) & 1) !== 0 &&
            ((ends[length]! >>> bytes[at - 1]!) & 1) !== 0)
        ) {
          hash = hashGoesOn(hash, bytes, begin, at);
          found |= bitsOfWord(hash, first || unsure);
          if (first && hash === explainHash) unsure = true;
          hash = hashStart;
        }
        first = false;
      }
      // A comment may hold a semicolon: what was unsure stays so.
      if (byte === semicolon) first = true;
      else if (first && (byte === slash || byte === minus)) unsure = true;
      at = (at + 1) | 0;
    }
    this.hash = hash;
    this.first = first;
    this.unsure = unsure;
    this.found = found;
  }

  /** Ends the text; returns bits of {@link Suspicion}. */
  end(): number {
    let { found } = this;
    if (this.hash !== hashStart) found |= bitsOfWord(this.hash, this.first || this.unsure);
    this.hash = hashStart;
    let suspicion = found & 0x1ffff;
    if ((found & wordDeclare) !== 0 && (found & wordHold) !== 0) suspicion |= Suspicion.HoldCursor;
    if ((found & wordDo) !== 0 && ((found & wordSet) !== 0 || (suspicion & parsedBits) !== 0))
      suspicion |= Suspicion.SetInsideDo;
    if ((found & wordCreate) !== 0 && (found & wordLanguage) !== 0) suspicion |= Suspicion.Load;
    if ((found & wordAlter) !== 0 && (found & wordSet) !== 0) suspicion |= Suspicion.RoleSetting;
    return suspicion;
  }
}

function bitsOfWord(hash: number, mayLead: boolean): number {
  return mayLead ? leading.bitsOf(hash) : anywhere.bitsOf(hash);
}

function hashGoesOn(hash: number, bytes: Uint8Array, from: number, to: number): number {
  const codes = identifier;
  let result = hash;
  for (let i = from; i < to; i++) result = Math.imul(result ^ codes[bytes[i]!]!, hashStep);
  return result;
}

const scan = new WordScan();

/** Bits of {@link Suspicion} for a whole text in `bytes[from..to)`. */
export function suspicionOf(bytes: Uint8Array, from: number, to: number): number {
  scan.start();
  scan.feed(bytes, from, to);
  return scan.end();
}
