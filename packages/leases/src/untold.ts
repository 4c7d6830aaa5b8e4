// What one holder has still to tell shared state of an upstream: it goes out with each request until one is answered.
import type { LeaseRequest } from './rule.ts';

/** A server connection to be registered: process id of its backend, and its role. */
export interface OpenedServer {
  readonly processId: number;
  readonly role: string;
}

/** What goes out with one request. */
export interface Told {
  readonly opened: readonly OpenedServer[];
  /** Process ids of backends. */
  readonly gone: readonly number[];
  readonly proofs: Pick<LeaseRequest, 'silent' | 'checked'>;
}

export class Untold {
  /** All that are open, by process id. */
  private readonly open = new Map<number, OpenedServer>();
  private readonly opened = new Set<number>();
  private readonly gone = new Set<number>();
  private silent: LeaseRequest['silent'] = null;
  private checked: LeaseRequest['checked'] = null;

  serverOpened(server: OpenedServer): void {
    const { processId } = server;
    this.open.set(processId, server);
    this.opened.add(processId);
    this.gone.delete(processId);
  }

  /** One that was never opened is nothing to tell of. */
  serverGone(processId: number): void {
    if (!this.open.delete(processId)) return;
    this.opened.delete(processId);
    this.gone.add(processId);
  }

  /** No more than `charge` of a silent holder's server connections can be there. */
  proven(silent: NonNullable<LeaseRequest['silent']>): void {
    this.silent = silent;
  }

  /** The server was looked at, as has to be done once under each memory. */
  seen(checked: NonNullable<LeaseRequest['checked']>): void {
    this.checked = checked;
  }

  /** There are server connections that nobody could look for yet. */
  get hasOpened(): boolean {
    return this.opened.size > 0;
  }

  get hasProofs(): boolean {
    return this.silent !== null || this.checked !== null;
  }

  /** For the next request. */
  tell(): Told {
    return {
      opened: [...this.opened].map((processId) => this.open.get(processId)!),
      gone: [...this.gone],
      proofs: { silent: this.silent, checked: this.checked },
    };
  }

  /** The request with `told` was answered. Whoever is not `known` there is forgotten with all its server connections. */
  answered({ opened, gone, proofs }: Told, known: boolean): void {
    for (const { processId } of opened) this.opened.delete(processId);
    for (const processId of gone) this.gone.delete(processId);
    // What was found while it was under way is still to be told.
    if (this.silent === proofs.silent) this.silent = null;
    if (this.checked === proofs.checked) this.checked = null;
    if (!known) for (const processId of this.open.keys()) this.opened.add(processId);
  }
}
