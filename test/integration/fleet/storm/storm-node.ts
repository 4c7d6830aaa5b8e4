// A node of a storm: a supervisor over some pooler processes, on a port that it keeps over all its ends and restarts.
import { type Pooler, type PoolerOptions, startPooler, waitUntil } from '@weir/harness';

interface Member {
  readonly place: string;
  readonly pid: number;
}

export class StormNode {
  readonly port: number;
  private readonly options: PoolerOptions;
  private pooler: Pooler | null = null;
  /** All processes it ever had, supervisors too. */
  private readonly pids = new Set<number>();
  private readonly outputs: string[] = [];

  constructor(options: PoolerOptions & { readonly port: number }) {
    this.options = options;
    this.port = options.port;
  }

  /** Starts a supervisor, again and again until the port is free for it; resolves once it serves. */
  async start(): Promise<void> {
    this.pooler = await waitUntil(() => startPooler(this.options), {
      what: `the node on port ${this.port} serves`,
      timeoutMs: 120_000,
      intervalMs: 300,
    });
    await this.members();
  }

  get supervisor(): number {
    return this.pooler!.pid;
  }

  /** Its pooler processes; those that drain too. Asks again where the machine is so busy that no answer comes in time. */
  members(): Promise<readonly Member[]> {
    const what = `the supervisor on port ${this.port} answers`;
    return waitUntil(() => this.askMembers(), { what, timeoutMs: 30_000 });
  }

  /** Rejects if the supervisor does not answer, as one that is frozen. */
  async askMembers(): Promise<readonly Member[]> {
    const signal = AbortSignal.timeout(1_000);
    const reply = await fetch(`${this.pooler!.adminUrl}/readyz`, { signal });
    const { processes } = ((await reply.json()) as { detail: { processes: Member[] } }).detail;
    this.pids.add(this.supervisor);
    for (const { pid } of processes) this.pids.add(pid);
    return processes;
  }

  /** All of its processes that run just now. */
  livingPids(): number[] {
    return [...this.pids].filter(isAlive);
  }

  signal(pid: number, signal: NodeJS.Signals): void {
    if (isAlive(pid)) process.kill(pid, signal);
  }

  /** How often its supervisors have said that they rolled. */
  rolls(): number {
    return this.pooler!.log().filter(({ msg }) => /rolling restart (is done|ends here)/.test(String(msg)))
      .length;
  }

  /** Waits for the end of the supervisor, and starts another. */
  async startAgain(): Promise<void> {
    await this.pooler!.process.exited;
    this.outputs.push(this.pooler!.output());
    await this.start();
  }

  output(): string {
    return [...this.outputs, this.pooler?.output() ?? ''].join('\n');
  }

  /** Ends whatever is left of it, frozen or not. */
  async close(): Promise<void> {
    await this.pooler?.close().catch(() => {});
    for (const pid of this.livingPids()) process.kill(pid, 'SIGKILL');
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
