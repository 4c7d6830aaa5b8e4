// Three real Redis nodes that are one cluster, each with a third of the slots and no copy.

import { waitUntil } from '@weir/harness';
import { type FetchedProgram, freePort } from '@weir/local-servers';
import { Redis } from 'ioredis';
import { PrivateRedis } from './private-redis.ts';

const slots = 16_384;

export class PrivateCluster {
  readonly nodes: readonly PrivateRedis[];
  readonly #clients: readonly Redis[];

  private constructor(nodes: readonly PrivateRedis[]) {
    this.nodes = nodes;
    this.#clients = nodes.map(({ url }) => new Redis(url, { maxRetriesPerRequest: 0 }));
    // Of a node that a test has killed.
    for (const client of this.#clients) client.on('error', () => {});
  }

  /** Resolves when all three agree that the cluster is whole. */
  static async start(program: FetchedProgram): Promise<PrivateCluster> {
    const buses = [await freePort(), await freePort(), await freePort()];
    const nodes = await Promise.all(
      buses.map((bus) =>
        PrivateRedis.start(program, [
          ...['--cluster-enabled', 'yes', '--cluster-port', String(bus)],
          // One that is away costs its own slots only.
          ...['--cluster-require-full-coverage', 'no', '--cluster-node-timeout', '2000'],
        ]),
      ),
    );
    const cluster = new PrivateCluster(nodes);
    for (const [index, client] of cluster.#clients.entries()) {
      const [from, to] = [index, index + 1].map((part) => Math.floor((slots * part) / nodes.length));
      await client.call('cluster', 'addslotsrange', from!, to! - 1);
      if (index > 0) await client.call('cluster', 'meet', '127.0.0.1', nodes[0]!.port, buses[0]!);
    }
    await waitUntil(
      async () => {
        const states = await Promise.all(cluster.#clients.map((client) => client.cluster('INFO')));
        return states.every(
          (state) => /cluster_state:ok/.test(state) && /cluster_slots_ok:16384/.test(state),
        );
      },
      { what: 'the cluster is whole' },
    );
    return cluster;
  }

  get url(): string {
    return `redis+cluster://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  /** A client of the node that has the slot of `key`, and the node. */
  async nodeOf(key: string): Promise<{ readonly client: Redis; readonly node: PrivateRedis }> {
    const slot = await this.#clients[0]!.cluster('KEYSLOT', key);
    const index = Math.floor(((slot + 0.5) * this.nodes.length) / slots);
    return { client: this.#clients[index]!, node: this.nodes[index]! };
  }

  async flush(): Promise<void> {
    await Promise.allSettled(this.#clients.map((client) => client.flushall()));
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await Promise.all(this.nodes.map((node) => node.kill()));
  }
}
