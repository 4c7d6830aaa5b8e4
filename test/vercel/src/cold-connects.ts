// Many instances that start cold within one second, each with its first connection over TLS to the pooled host.
import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, type HostOptions, startHost } from './platform.ts';

export interface ColdConnects {
  readonly connects: number;
  /** Calls that did not answer, by what they said. */
  readonly failures: Readonly<Record<string, number>>;
  /** How long the calls were begun over. */
  readonly begunWithinMs: number;
  /** From call to first row. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Begins them evenly over `withinMs`, from as many processes as `hosts`. */
export async function coldConnects(
  options: HostOptions,
  { connects, withinMs, hosts }: { connects: number; withinMs: number; hosts: number },
): Promise<ColdConnects> {
  const running = await Promise.all(Array.from({ length: hosts }, () => startHost(options)));
  try {
    const began = performance.now();
    const answers: Promise<Answer & { sinceCallMs: number }>[] = [];
    while (answers.length < connects) {
      const due = Math.min(connects, Math.ceil(((performance.now() - began) / withinMs) * connects));
      while (answers.length < due) {
        const instance = answers.length;
        const calledAt = performance.now();
        const answer = running[instance % hosts]!.call(instance);
        // Seen from here, so that a process that is late with a call does not hide it.
        answers.push(answer.then((one) => ({ ...one, sinceCallMs: performance.now() - calledAt })));
      }
      await pause(1);
    }
    const begunWithinMs = performance.now() - began;
    const all = await Promise.all(answers);
    const failures: Record<string, number> = {};
    for (const { status, error, body } of all) {
      if (status === 200 && (body as { answer?: number }).answer === 42) continue;
      const what = error ?? `status ${status}`;
      failures[what] = (failures[what] ?? 0) + 1;
    }
    const sorted = all.map((one) => one.sinceCallMs).sort((one, other) => one - other);
    const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1]!);
    return {
      connects,
      failures,
      begunWithinMs: Math.round(begunWithinMs),
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1),
    };
  } finally {
    await Promise.all(running.map((host) => host.close()));
  }
}
