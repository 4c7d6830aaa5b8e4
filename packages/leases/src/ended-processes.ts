// Processes of which somebody who waited for their end has said that they have ended: nothing is opened by them any more.

/** A supervisor tells of one once; so many are remembered, the oldest are forgotten. */
const mostRemembered = 1_000;

/** The name of a process as a holder: `start` is new at each start, since a process that was started anew has nothing of what the former had. */
export function holderName(processId: string, start: string): string {
  return `${written(processId)}-${written(start)}`;
}

/** As it may stand in the names of keys and connections. */
function written(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]/g, '_');
}

export class EndedProcesses {
  /** When each was first heard of, by one's own clock: its end came before. */
  private readonly heardAtMs = new Map<string, number>();

  heard(processId: string, nowMs: number): void {
    const name = written(processId);
    if (this.heardAtMs.has(name)) return;
    const [oldest] = this.heardAtMs.keys();
    if (oldest !== undefined && this.heardAtMs.size >= mostRemembered) this.heardAtMs.delete(oldest);
    this.heardAtMs.set(name, nowMs);
  }

  /** For how long it is known that the process of `holder` has ended; null: nobody has said so. */
  endedForMs(holder: string, nowMs: number): number | null {
    const heardAtMs = this.heardAtMs.get(holder.slice(0, Math.max(0, holder.lastIndexOf('-'))));
    return heardAtMs === undefined ? null : nowMs - heardAtMs;
  }
}
