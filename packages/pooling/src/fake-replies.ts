// Replies to requests that were never sent, made up when their turn comes.
import { closeCompleteFrame, deallocatedFrame, parseCompleteFrame } from './messages.ts';
import { NameNote } from './name-note.ts';
import type { OutBuffer } from './out-buffer.ts';
import { Owed, OwedBit, owedKindBits } from './reply-queue.ts';
import type { ServerSession } from './server-session.ts';

/** Takes what needs no answer of the server's from the front of the queue into `out`; true if there was any. */
export function emitFakes(server: ServerSession, out: OutBuffer): boolean {
  const owed = server.owed;
  let any = false;
  while (owed.length > 0) {
    const head = owed.head();
    const kind = head & owedKindBits;
    if (kind === Owed.CopyEnd) {
      owed.pop();
      continue;
    }
    if ((head & OwedBit.Fake) === 0) break;
    const note = owed.headNote();
    // From here on nobody can take a Close or DEALLOCATE back: the statement has one user less.
    if (kind !== Owed.Parse && note instanceof NameNote) note.client.pool.statements.give(note.statement);
    out.add(fakeReply(kind));
    owed.pop();
    any = true;
  }
  return any;
}

function fakeReply(kind: number): Uint8Array {
  switch (kind) {
    case Owed.Close:
      return closeCompleteFrame;
    case Owed.Execute:
      return deallocatedFrame;
    default:
      return parseCompleteFrame;
  }
}
