// What one server connection still owes, in order: an entry for each request that will be answered. No bytes here.

/** Kinds of requests that are owed a reply; the low four bits of an entry. */
export const Owed = {
  Parse: 1,
  ParseUnnamed: 2,
  Bind: 3,
  Describe: 4,
  Execute: 5,
  Close: 6,
  Sync: 7,
  Query: 8,
  FunctionCall: 9,
  /** CopyDone or CopyFail sent before the server asked for data: no reply, it only marks where the data ended. */
  CopyEnd: 10,
} as const;

export const owedKindBits = 15;

/** What to do with the reply; or-ed to the kind. Neither bit: it goes to the client. */
export const OwedBit = {
  /** Weir asked on its own account; the reply is swallowed. */
  Skip: 16,
  /** Never sent to the server; the reply is made up when its turn comes. */
  Fake: 32,
  /** The text was understood: its command tags tell nothing new. */
  Understood: 64,
} as const;

/** A growing ring of entries, each a number and an optional note for undoing it. Places in no use hold 0 and null. */
export class ReplyQueue {
  private entries = new Uint8Array(16);
  private notes: unknown[] = new Array(16).fill(null);
  private first = 0;
  length = 0;

  /** Entry at the front, 0 if nothing is owed. */
  head(): number {
    return this.entries[this.first]!;
  }

  /** Note of the entry at the front, null if nothing is owed. */
  headNote(): unknown {
    return this.notes[this.first];
  }

  push(entry: number, note: unknown): void {
    if (this.length === this.entries.length) this.grow();
    const at = (this.first + this.length) & (this.entries.length - 1);
    this.entries[at] = entry;
    this.notes[at] = note;
    this.length++;
  }

  pop(): void {
    this.entries[this.first] = 0;
    this.notes[this.first] = null;
    this.first = (this.first + 1) & (this.entries.length - 1);
    this.length--;
  }

  /** The entry `index` places behind the front. */
  entryAt(index: number): number {
    return this.entries[(this.first + index) & (this.entries.length - 1)]!;
  }

  noteAt(index: number): unknown {
    return this.notes[(this.first + index) & (this.entries.length - 1)];
  }

  /** Takes out the entry `index` places behind the front; only COPY needs it, so it may be slow. */
  remove(index: number): void {
    const mask = this.entries.length - 1;
    for (let i = index; i < this.length - 1; i++) {
      this.entries[(this.first + i) & mask] = this.entries[(this.first + i + 1) & mask]!;
      this.notes[(this.first + i) & mask] = this.notes[(this.first + i + 1) & mask];
    }
    this.length--;
    this.entries[(this.first + this.length) & mask] = 0;
    this.notes[(this.first + this.length) & mask] = null;
  }

  private grow(): void {
    const size = this.entries.length;
    const entries = new Uint8Array(size * 2);
    const notes: unknown[] = new Array(size * 2).fill(null);
    for (let i = 0; i < this.length; i++) {
      const from = (this.first + i) & (size - 1);
      entries[i] = this.entries[from]!;
      notes[i] = this.notes[from];
    }
    this.entries = entries;
    this.notes = notes;
    this.first = 0;
  }
}
