// A server that answers each request with the same frames, whatever it asks: it costs next to nothing and needs no disk.
import {
  bindComplete,
  ClientMessage,
  closeComplete,
  commandComplete,
  dataRow,
  joinBytes,
  parameterDescription,
  parseComplete,
  readInt32,
  readyForQuery,
  rowDescription,
} from '@weir/protocol';

const columns = rowDescription([{ name: 'abalance', typeOid: 23 }]);
const row = joinBytes([dataRow(['0']), commandComplete('SELECT 1')]);
const parsed = parseComplete();
const bound = bindComplete();
const closed = closeComplete();
const described = joinBytes([parameterDescription([23]), columns]);
const idle = readyForQuery('I');
const inTransaction = readyForQuery('T');
const selected = joinBytes([columns, row]);
// By the first letter of the text.
const answers = new Map<number, Uint8Array>(
  ['BEGIN', 'COMMIT', 'ROLLBACK', 'UPDATE 1', 'DELETE 1'].map((tag) => [
    tag.charCodeAt(0),
    commandComplete(tag),
  ]),
);
const statementKind = 'S'.charCodeAt(0);
const begin = 'B'.charCodeAt(0);
const commit = 'C'.charCodeAt(0);

/** Replies gather in `replies[0..length)` until they are taken. */
export class CannedServer {
  readonly replies = Buffer.alloc(64 * 1024);
  length = 0;
  private open = false;

  /** Answers the frames in `bytes[0..to)` that are there whole; returns how far it got. */
  answer(bytes: Uint8Array, to: number): number {
    let at = 0;
    while (to - at >= 5) {
      const end = at + 1 + readInt32(bytes, at + 1);
      if (end > to) break;
      this.frame(bytes, at);
      at = end;
    }
    return at;
  }

  private frame(bytes: Uint8Array, at: number): void {
    switch (bytes[at]) {
      case ClientMessage.Query: {
        const letter = bytes[at + 5]!;
        if (letter === begin) this.open = true;
        else if (letter === commit) this.open = false;
        this.add(answers.get(letter) ?? selected);
        return this.ready();
      }
      case ClientMessage.Parse:
        return this.add(parsed);
      case ClientMessage.Bind:
        return this.add(bound);
      case ClientMessage.Describe:
        return this.add(bytes[at + 5] === statementKind ? described : columns);
      case ClientMessage.Execute:
        return this.add(row);
      case ClientMessage.Close:
        return this.add(closed);
      case ClientMessage.Sync:
        return this.ready();
    }
  }

  private ready(): void {
    this.add(this.open ? inTransaction : idle);
  }

  private add(frames: Uint8Array): void {
    this.replies.set(frames, this.length);
    this.length += frames.length;
  }
}
