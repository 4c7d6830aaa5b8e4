// One client of a storm: reads and writes in bursts, checks each reply, holds each wait against the deadline, and comes back.
import pg from 'pg';
import type { SeededRandom } from '../../seeded-random.ts';
import { type ClientError, type Ledger, saysNotSent } from './ledger.ts';
import type { ClientPlan, ClientsStart } from './messages.ts';

/** Ids of rows: those of one client are together. */
const idsPerClient = 1_000_000;
/** An answer that has not come by then is not waited for any more, though the test has failed. */
const givenUpAfterMs = 90_000;
const refusedPauseMs = 300;

export class StormClient {
  servedSinceCalm = false;
  stopped = false;
  readonly plan: ClientPlan;
  private readonly start: ClientsStart;
  private readonly random: SeededRandom;
  private readonly ledger: Ledger;
  private node: number;
  private rows = 0;
  private client: pg.Client | null = null;
  private wakeUp: () => void = () => {};

  constructor(plan: ClientPlan, start: ClientsStart, random: SeededRandom, ledger: Ledger) {
    this.plan = plan;
    this.start = start;
    this.random = random;
    this.ledger = ledger;
    this.node = plan.node;
  }

  /** Until `stop`. `whenServed` is called after the first burst. */
  async run(whenServed: () => void): Promise<void> {
    // Not all at once at the very beginning.
    await this.pause(this.random.below(this.start.pauseMs));
    for (let tell = whenServed; !this.stopped; ) {
      try {
        const client = await this.connected();
        for (let left = 1 + this.random.below(4); left > 0 && !this.stopped; left--) await this.ask(client);
        tell();
        tell = () => {};
      } catch (error) {
        this.leave();
        await this.pause((error as ClientError).code === 'ECONNREFUSED' ? refusedPauseMs : 0);
      }
      // Some come for one burst, as functions do.
      if (this.random.oneIn(12)) this.leave();
      await this.pause(this.random.below(2 * this.start.pauseMs));
    }
    this.leave();
  }

  /** What it waits for by itself is over. */
  hurry(): void {
    this.wakeUp();
  }

  private leave(): void {
    const { client } = this;
    this.client = null;
    client?.end().catch(() => {});
  }

  private async connected(): Promise<pg.Client> {
    if (this.client !== null) return this.client;
    const { plan, start } = this;
    const client = new pg.Client({
      ...{ host: '127.0.0.1', port: start.ports[this.node]!, database: start.database },
      ...{ user: plan.role, password: start.password },
      ssl: { ca: start.caPem, servername: plan.servername },
    });
    client.on('error', (error) => {
      // What it is told while it asks nothing. Its next question finds no connection.
      if (this.client !== client) return;
      this.client = null;
      this.ledger.failed(error, this.incident('idle', Date.now()));
    });
    try {
      await this.timed('login', client, () => client.connect());
    } catch (error) {
      this.node = (this.node + 1) % start.ports.length;
      throw error;
    }
    this.ledger.logins++;
    this.client = client;
    await this.timed('set', client, () =>
      client.query(`select set_config('storm.client', $1, false)`, [String(plan.number)]),
    );
    return client;
  }

  private async ask(client: pg.Client): Promise<void> {
    const token = `${this.plan.number}/${this.random.below(1_000_000_000)}`;
    const kind = this.random.below(20);
    if (kind < 8) await this.read(client, 'select $1::text as token', [token], token);
    else if (kind < 10) await this.read(client, `select '${token}' as token`, [], token);
    else if (kind < 12)
      await this.read(client, { name: 'token', text: 'select $1::text as token' }, [token], token);
    else if (kind < 14)
      await this.read(
        client,
        `select current_setting('storm.client') as token`,
        [],
        String(this.plan.number),
      );
    else if (kind < 16) {
      const seconds = (10 + this.random.below(190)) / 1_000;
      await this.read(client, 'select $1::text as token, pg_sleep($2)', [token, seconds], token);
    } else if (kind < 19) await this.write(client);
    else await this.writeTwo(client);
    this.ledger.served++;
    if (this.ledger.calmAtMs !== null) this.servedSinceCalm = true;
  }

  private async read(
    client: pg.Client,
    query: string | pg.QueryConfig,
    values: unknown[],
    expected: string,
  ): Promise<void> {
    const { rows } = await this.timed('read', client, () => client.query(query as string, values));
    if (rows.length !== 1 || rows[0].token !== expected)
      this.ledger.isWrong(`${expected}: ${JSON.stringify(rows)}`);
  }

  private async write(client: pg.Client): Promise<void> {
    const id = this.nextId();
    await this.timed('write', client, () => client.query('insert into storm_rows values ($1)', [id]), [id]);
    this.ledger.acknowledged.add(id);
  }

  private async writeTwo(client: pg.Client): Promise<void> {
    const ids = [this.nextId(), this.nextId()];
    await this.timed('begin', client, () => client.query('begin'), ids);
    for (const id of ids)
      await this.timed('write of two', client, () =>
        client.query('insert into storm_rows values ($1)', [id]),
      );
    await this.timed('commit', client, () => client.query('commit'));
    for (const id of ids) this.ledger.acknowledged.add(id);
  }

  private nextId(): number {
    return this.plan.number * idsPerClient + this.rows++;
  }

  /** `ids`: of rows that are not there if nothing of the message was sent. */
  private async timed<T>(
    what: string,
    client: pg.Client,
    act: () => Promise<T>,
    ids: readonly number[] = [],
  ): Promise<T> {
    const fromMs = Date.now();
    const giveUp = setTimeout(() => {
      (
        client as unknown as { connection: { stream: { destroy(error: Error): void } } }
      ).connection.stream.destroy(new Error('given up'));
    }, givenUpAfterMs);
    try {
      return await act();
    } catch (thrown) {
      const error = thrown as ClientError;
      // Told while it asked nothing: that was counted then.
      if (!/not queryable/.test(error.message)) this.ledger.failed(error, this.incident(what, fromMs));
      if (saysNotSent(error)) for (const id of ids) this.ledger.notSent.add(id);
      throw error;
    } finally {
      clearTimeout(giveUp);
      if (Date.now() - fromMs > this.start.deadlineMs) this.ledger.tookTooLong(this.incident(what, fromMs));
    }
  }

  private incident(what: string, fromMs: number) {
    return { client: this.plan.number, node: this.node, fromMs, toMs: Date.now(), what };
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
