// All clients of a storm, spread over some processes of their own.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ClientPlan, ClientsReport, ClientsStart, FromClients, ToClients } from './messages.ts';

export class StormClients {
  private readonly children: readonly ChildProcess[];

  /** Starts them; `running` says when all have been served. */
  constructor(
    processes: number,
    clients: readonly ClientPlan[],
    shared: Omit<ClientsStart, 'kind' | 'clients'>,
  ) {
    this.children = Array.from({ length: processes }, (_, index) => {
      const child = fork(fileURLToPath(new URL('client-process.ts', import.meta.url)), {
        execArgv: ['--disable-warning=ExperimentalWarning'],
        serialization: 'advanced',
      });
      const own = clients.filter(({ number }) => number % processes === index);
      child.send({ kind: 'start', clients: own, ...shared } satisfies ToClients);
      return child;
    });
  }

  running(): Promise<unknown> {
    return this.heard('running');
  }

  /** The storm is over. Resolves once all have been served again, or with false if some have not within `ms`. */
  async calm(ms: number): Promise<boolean> {
    const served = this.heard('calm').then(() => true);
    this.tell({ kind: 'calm' });
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, ms, false);
    });
    const result = await Promise.race([served, over]);
    clearTimeout(timer);
    return result;
  }

  async stop(): Promise<ClientsReport[]> {
    const reports = this.heard('report');
    this.tell({ kind: 'stop' });
    return (await reports) as ClientsReport[];
  }

  kill(): void {
    for (const child of this.children) child.kill('SIGKILL');
  }

  private tell(message: ToClients): void {
    for (const child of this.children) child.send(message);
  }

  private heard(kind: FromClients['kind']): Promise<FromClients[]> {
    return Promise.all(
      this.children.map(
        (child) =>
          new Promise<FromClients>((resolve, reject) => {
            child.on('message', (message: FromClients) => {
              if (message.kind === kind) resolve(message);
            });
            child.once('exit', (code, signal) => reject(new Error(`clients ended with ${code ?? signal}`)));
          }),
      ),
    );
  }
}
