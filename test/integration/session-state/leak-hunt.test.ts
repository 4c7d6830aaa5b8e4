// Many sessions on few server connections set, change and check what a session can hold, at random: each sees its own.
import { startWeir, type Weir } from '@weir/harness';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseSeed, type SeededRandom, seededRandom } from '../seeded-random.ts';

const clientCount = 64;
// The short form that every test run includes; `pnpm test:leaks` goes on for ten minutes.
const stepsPerClient = Number(process.env.WEIR_LEAK_STEPS ?? 25);

let weir: Weir;
beforeAll(async () => {
  weir = await startWeir({
    budget: 12,
    settings: { queryWaitTimeoutMs: 600_000, poolSize: 2 },
    postgres: { maxConnections: 60 },
  });
  await weir.postgres.sql('create role tenant_a; create role tenant_b; grant tenant_a, tenant_b to app');
});
afterAll(() => weir?.close());

/** Settings that are played with, and the values that they are given. */
const choices: Readonly<Record<string, readonly string[]>> = {
  'app.tenant_id': ['1', '2', "o'clock", 'back\\slash', ''],
  'app.other': ['x', 'y'],
  work_mem: ['1MB', '2MB', '64kB'],
  TimeZone: ['UTC', 'Asia/Tokyo', 'America/New_York'],
  search_path: ['public', '"a, b", public', 'pg_catalog'],
  statement_timeout: ['0', '5min', '10min'],
  default_transaction_isolation: ['serializable', 'repeatable read', 'read committed'],
  role: ['tenant_a', 'tenant_b', 'none'],
  application_name: ['one', 'two'],
};
const names = Object.keys(choices);
const showAll = `select ${names.map((name) => `current_setting('${name}', true) as "${name}"`).join(', ')}`;
const literal = (value: string) => `'${value.replaceAll("'", "''")}'`;

/** One session, and what it must find. */
class Hunter {
  private readonly client: pg.Client;
  private readonly random: SeededRandom;
  private readonly start = new Map<string, string>();
  private expected = new Map<string, string>();

  constructor(client: pg.Client, random: SeededRandom) {
    this.client = client;
    this.random = random;
  }

  async begin(): Promise<void> {
    for (const [name, value] of await this.shown()) {
      this.start.set(name, value);
      this.expected.set(name, value);
    }
  }

  private async shown(): Promise<[string, string][]> {
    const { rows } = await this.client.query(showAll);
    // A name that was never set here reads NULL, one that another session had set here reads ''.
    return Object.entries(rows[0]).map(([name, value]) => [name, (value as string | null) ?? '']);
  }

  async check(): Promise<void> {
    expect(new Map(await this.shown())).toEqual(this.expected);
  }

  private async change(): Promise<string> {
    const { random, client } = this;
    const name = random.pick(names);
    const value = random.pick(choices[name]!);
    switch (random.below(4)) {
      case 0:
        await client.query(`select set_config('${name}', ${literal(value)}, false)`);
        this.expected.set(name, value);
        break;
      case 1:
        await client.query({ text: `select set_config('${name}', $1, false)`, values: [value] });
        this.expected.set(name, value);
        break;
      case 2:
        await client.query(`reset ${name}`);
        this.expected.set(name, this.start.get(name)!);
        break;
      default:
        await client.query(
          name === 'search_path' ? `set search_path = ${value}` : `set ${name} = ${literal(value)}`,
        );
        this.expected.set(name, value);
    }
    return name;
  }

  async step(): Promise<unknown> {
    const { random, client } = this;
    switch (random.below(8)) {
      case 0: {
        const before = new Map(this.expected);
        await client.query('begin');
        const changed = await this.change();
        // Put back within a transaction it reads empty until the end: the server was opened without it.
        if (changed !== 'application_name') await this.check();
        if (random.oneIn(2)) {
          await client.query('rollback');
          this.expected = before;
        } else await client.query('commit');
        return;
      }
      case 1: {
        const before = new Map(this.expected);
        await client.query('begin');
        await this.change();
        await expect(client.query('select 1/0')).rejects.toMatchObject({ code: '22012' });
        await client.query('commit');
        this.expected = before;
        return;
      }
      case 2:
        await client.query(`begin; set local work_mem = '3MB'; select 1; commit`);
        return;
      case 3:
        if (!random.oneIn(4)) return this.change();
        await client.query(random.oneIn(2) ? 'reset all' : 'discard all');
        // RESET ALL leaves the role as it is; here every session goes back by itself.
        await client.query('reset role');
        for (const [name, value] of this.start) this.expected.set(name, value);
        return;
      default:
        return this.change();
    }
  }
}

test(`${clientCount} sessions on two server connections never see each other's state, and keep their own`, async () => {
  const seed = chooseSeed();
  console.log(`seed=${seed} (WEIR_SEED=${seed} replays), ${stepsPerClient} steps a session`);
  const random = seededRandom(seed);
  const clients = await Promise.all(
    Array.from({ length: clientCount }, (_, i) =>
      weir.client({ config: { application_name: `hunter ${i}` } }),
    ),
  );
  const hunters = clients.map((client) => new Hunter(client, seededRandom(random.below(2 ** 31))));
  for (const hunter of hunters) await hunter.begin();
  await Promise.all(
    hunters.map(async (hunter) => {
      for (let step = 0; step < stepsPerClient; step++) {
        await hunter.step();
        await hunter.check();
      }
    }),
  );
  await Promise.all(clients.map((client) => client.end()));
});
