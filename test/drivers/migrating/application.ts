// The application that is migrated for: it goes on querying the pooled host while its tables change.
import pg from 'pg';

/** An application at work. */
export interface Application {
  /** Resolves once so many more transactions have been done; rejects when one fails. */
  progress(transactions: number): Promise<void>;
  /** Ends it and tells what it did. */
  stop(): Promise<{ transactions: number; errors: readonly string[] }>;
}

const workers = 4;

/** Makes the table `orders` and starts writing to it and reading from it, four clients at a time. */
export async function startApplication(url: string, table: string): Promise<Application> {
  const pool = new pg.Pool({ connectionString: url, max: workers });
  const errors: string[] = [];
  pool.on('error', (error) => errors.push(String(error)));
  await pool.query(
    `create table ${table} (id int generated always as identity primary key, worker int not null)`,
  );
  let transactions = 0;
  let stopping = false;
  let waiting: {
    readonly until: number;
    readonly resolve: () => void;
    readonly reject: (e: Error) => void;
  }[] = [];
  const told = () => {
    const failed = errors.length > 0 ? new Error(errors[0]) : null;
    waiting = waiting.filter((one) => {
      if (failed) one.reject(failed);
      else if (transactions >= one.until) one.resolve();
      else return true;
      return false;
    });
  };
  const work = async (worker: number) => {
    while (!stopping) {
      try {
        const client = await pool.connect();
        try {
          await client.query('begin');
          const inserted = await client.query(`insert into ${table} (worker) values ($1) returning id`, [
            worker,
          ]);
          const { id } = inserted.rows[0];
          const read = await client.query(`select worker from ${table} where id = $1`, [id]);
          if (read.rows[0].worker !== worker) errors.push(`worker ${worker} read ${read.rows[0].worker}`);
          await client.query('commit');
        } finally {
          client.release();
        }
        transactions += 1;
      } catch (error) {
        errors.push(String(error));
        stopping = true;
      }
      told();
    }
  };
  const working = Array.from({ length: workers }, (_, worker) => work(worker));
  return {
    progress: (more) =>
      new Promise((resolve, reject) => {
        waiting.push({ until: transactions + more, resolve, reject });
        told();
      }),
    async stop() {
      stopping = true;
      await Promise.all(working);
      await pool.end();
      return { transactions, errors };
    },
  };
}
