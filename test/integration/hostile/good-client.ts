// A client that does nothing wrong and checks every answer, while others misbehave beside it.
import type { Client } from 'pg';

/** An honest client at work. */
export interface GoodClient {
  /** Ends its work. Rejects with the first thing that went wrong. */
  finish(): Promise<{ readonly queries: number; readonly slowestMs: number }>;
}

/** Starts a loop of queries, prepared statements and transactions whose answers carry their own numbers. */
export function startGoodClient(client: Client): GoodClient {
  let stopping = false;
  let queries = 0;
  let slowestMs = 0;
  const ask = async (text: string, values: unknown[], expected: unknown, name?: string) => {
    const began = performance.now();
    const { rows } = await client.query({ text, values, rowMode: 'array', ...(name && { name }) });
    slowestMs = Math.max(slowestMs, performance.now() - began);
    queries += 1;
    const answer = (rows[0] as unknown[] | undefined)?.[0];
    if (answer !== expected) throw new Error(`asked for ${expected}, was told ${answer}`);
  };
  const working = (async () => {
    for (let n = 0; !stopping; n += 1) {
      await ask('select $1::int', [n], n);
      await ask('select $1::int + 1', [n], n + 1, 'plus-one');
      await client.query('begin');
      await ask('select $1::text', [`in transaction ${n}`], `in transaction ${n}`);
      await client.query('commit');
    }
  })();
  // Told by `finish`, not as an unhandled rejection in between.
  working.catch(() => {});
  return {
    async finish() {
      stopping = true;
      await working;
      return { queries, slowestMs };
    },
  };
}
