// An address at which now one Redis answers and now another, as after a failover; connections to the former are cut.
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';

export class RedisSwitch {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port: number | null;

  private constructor(port: number) {
    this.#port = port;
    this.#server = createServer((client) => {
      if (this.#port === null) return client.destroy();
      const server = dial(this.#port, '127.0.0.1');
      for (const [one, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
  }

  static async to(port: number): Promise<RedisSwitch> {
    const made = new RedisSwitch(port);
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Null: nothing answers there. */
  turn(port: number | null): void {
    this.#port = port;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.turn(null);
    this.#server.close();
  }
}
