// Noisy neighbours: clients of the tests' own role and database that run short transactions all the while.
import pg from 'pg';

/** What the neighbours have done. */
export interface Noise {
  readonly transactions: number;
  /** Replies that were not what was asked for, and errors. */
  readonly faults: readonly string[];
}

/** Neighbours at work. */
export interface Neighbours {
  /** Ends them; resolves once all have gone. */
  stop(): Promise<Noise>;
}

// No tables of their own: the suite lists all that there are. None holds a snapshot for long.
const turns: readonly ((client: pg.Client, number: number) => Promise<number>)[] = [
  async (client, number) => one(client, `select ${number}::int as n`),
  async (client, number) => {
    await client.query('begin');
    const n = await one(client, `select ${number}::int as n`);
    // As a transaction whose application computes something in between.
    await client.query('select pg_sleep(0.002)');
    await client.query('commit');
    return n;
  },
  async (client, number) => one(client, 'select $1::int as n', [number]),
  async (client, number) => {
    await client.query(`set application_name = 'neighbour ${number}'`);
    return one(client, `select substring(current_setting('application_name') from '\\d+')::int as n`);
  },
  async (client, number) => {
    await client.query(`set weir_neighbour.n = '${number}'`);
    return one(client, `select current_setting('weir_neighbour.n')::int as n`);
  },
];

async function one(client: pg.Client, text: string, values: number[] = []): Promise<number> {
  const { rows } = await client.query<{ n: number }>(text, values);
  return rows[0]!.n;
}

/** Connects `count` neighbours and lets them work until they are stopped. */
export async function startNeighbours(count: number, config: pg.ClientConfig): Promise<Neighbours> {
  let stopped = false;
  let transactions = 0;
  const faults: string[] = [];
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client(config);
    client.on('error', (error) => faults.push(error.message));
    await client.connect();
    return client;
  };
  const work = async (index: number): Promise<void> => {
    let client = await connect();
    for (let turn = 0; !stopped; turn++) {
      const number = index * 1_000_000 + (turn % 1_000_000);
      try {
        const answer = await turns[turn % turns.length]!(client, number);
        if (answer !== number) faults.push(`${answer} in place of ${number}`);
        transactions++;
        if (turn % 3 === 2) {
          // Who comes anew gets the server that was used last, be it a test's: who stays gets its own back.
          await client.end();
          client = await connect();
        }
      } catch (error) {
        faults.push((error as Error).message);
        // A server may be ended by a test; another fault is one too many.
        if (faults.length > 100) return;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.end().catch(() => {});
  };
  const all = Array.from({ length: count }, (_, index) => work(index + 1));
  return {
    stop: async () => {
      stopped = true;
      await Promise.all(all);
      return { transactions, faults };
    },
  };
}
