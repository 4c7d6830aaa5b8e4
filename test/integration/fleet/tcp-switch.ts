// Addresses at which a server answers through a line that can be cut: turned to another server or none, or held without a word.
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';

/** Of connections by the port that they come from: those that are to be held. */
export type Choose = (ports: readonly number[]) => ReadonlySet<number>;

const everyone: Choose = (ports) => new Set(ports);

/** To tell whose a connection is may cost something, so that those which come meanwhile are looked at together. */
const chooseEachMs = 100;

export class TcpSwitch {
  private readonly servers: Server[] = [];
  private readonly lines = new Set<Line>();
  private readonly holds = new Set<Choose>();
  private unlooked: Line[] = [];
  private target: number | null;

  private constructor(target: number) {
    this.target = target;
  }

  /** Listens on loopback addresses, all with the same port. */
  static async to(target: number, hosts: readonly string[] = ['127.0.0.1']): Promise<TcpSwitch> {
    const made = new TcpSwitch(target);
    for (const host of hosts) {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
        made.accept(client);
      });
      const port = made.servers.length === 0 ? 0 : made.port;
      made.servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
    }
    return made;
  }

  get port(): number {
    return (this.servers[0]!.address() as AddressInfo).port;
  }

  get redisUrl(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Null: nothing answers there. Connections to the former are cut. */
  turn(target: number | null): void {
    this.target = target;
    for (const line of this.lines) line.cut();
  }

  /**
   * From now on nothing passes between the server and those chosen, and neither end hears of it, as on a broken line.
   * Returns the way back, after which it passes on what had been sent.
   */
  hold(choose: Choose = everyone): () => void {
    this.holds.add(choose);
    this.look([...this.lines], [choose]);
    return () => {
      this.holds.delete(choose);
      for (const line of this.lines) line.release(choose, this.target);
    };
  }

  close(): void {
    this.turn(null);
    for (const server of this.servers) server.close();
  }

  private accept(client: Socket): void {
    if (this.target === null) {
      client.destroy();
      return;
    }
    const line = new Line(client, () => this.lines.delete(line));
    this.lines.add(line);
    if (this.holds.size === 0) {
      line.open(this.target);
      return;
    }
    this.unlooked.push(line);
    if (this.unlooked.length > 1) return;
    setTimeout(() => {
      const lines = this.unlooked;
      this.unlooked = [];
      this.look(lines, [...this.holds]);
      for (const one of lines) if (one.isFree && this.target !== null) one.open(this.target);
    }, chooseEachMs);
  }

  private look(lines: readonly Line[], holds: readonly Choose[]): void {
    for (const choose of holds) {
      const chosen = choose(lines.map(({ port }) => port));
      for (const line of lines) if (chosen.has(line.port)) line.hold(choose);
    }
  }
}

/** One connection through the switch. An end of file is passed on as one: who reads it knows that the other side sent it. */
class Line {
  readonly port: number;
  private readonly client: Socket;
  private readonly gone: () => void;
  private readonly heldBy = new Set<Choose>();
  private server: Socket | null = null;

  constructor(client: Socket, gone: () => void) {
    this.port = client.remotePort ?? 0;
    this.client = client;
    this.gone = gone;
    client.on('error', () => this.cut());
    client.on('close', () => this.gone());
  }

  get isFree(): boolean {
    return this.heldBy.size === 0;
  }

  open(target: number): void {
    if (this.server !== null || this.client.destroyed) return;
    this.server = dial({ port: target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.client.setNoDelay(true);
    this.server.on('error', () => this.cut());
    this.join();
  }

  hold(by: Choose): void {
    this.heldBy.add(by);
    if (this.server === null) return;
    this.client.unpipe(this.server);
    this.server.unpipe(this.client);
    this.client.pause();
    this.server.pause();
  }

  release(by: Choose, target: number | null): void {
    if (!this.heldBy.delete(by) || !this.isFree) return;
    if (this.server !== null) this.join();
    else if (target !== null) this.open(target);
  }

  cut(): void {
    this.client.destroy();
    this.server?.destroy();
  }

  private join(): void {
    this.client.pipe(this.server!);
    this.server!.pipe(this.client);
  }
}
