// Many sessions on few server connections set, change and check what a session can hold, at random: each sees its own.
import { startWeir, type Weir } from '@weir/harness';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { one } from '../open-clients.ts';
import { chooseSeed, type SeededRandom, seededRandom } from '../seeded-random.ts';

const clientCount = 64;
// The short form that every test run includes; `pnpm test:leaks` goes on for ten minutes.
const stepsPerClient = 25;
const seconds = Number(process.env.WEIR_LEAK_SECONDS ?? 0);

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

/** Sessions that have a server connection to themselves at the same time: the budget must leave room for the others. */
const ownMost = 6;
let own = 0;

/** State that needs a server connection of its own: how it is made, and what shows that it is there and nobody else's. */
const ownStates: Readonly<
  Record<string, (client: pg.Client, number: number) => Promise<() => Promise<void>>>
> = {
  async 'temporary table'(client, number) {
    await client.query(`create temp table mine as select ${number} as n`);
    return async () => expect(await one(client, 'select n from mine')).toBe(number);
  },
  async 'advisory lock'(client, number) {
    await client.query('select pg_advisory_lock($1)', [number]);
    const held = `select count(*)::int from pg_locks where locktype = 'advisory' and objid = ${number} and pid = pg_backend_pid()`;
    return async () => expect(await one(client, held)).toBe(1);
  },
  async 'cursor with hold'(client, number) {
    await client.query(`declare c cursor with hold for select ${number} + n from generate_series(1, 1000) n`);
    let fetched = 0;
    return async () => expect(await one(client, 'fetch c')).toBe(number + ++fetched);
  },
  async 'statement by SQL'(client, number) {
    await client.query(`prepare p as select ${number}`);
    return async () => expect(await one(client, 'execute p')).toBe(number);
  },
  async 'seeded random numbers'(client) {
    await client.query('select setseed(0.25)');
    let drawn = 0;
    return async () => expect(await one(client, 'select random()')).toBe(seeded[drawn++]);
  },
};
const seeded: number[] = [];

/** One session, and what it must find. */
class Hunter {
  private readonly client: pg.Client;
  private readonly number: number;
  private statements = 0;
  private discards = 0;
  private sequenceValue: unknown = null;
  private channels = new Set<string>();
  private readonly random: SeededRandom;
  private readonly start = new Map<string, string>();
  private expected = new Map<string, string>();

  constructor(client: pg.Client, number: number, random: SeededRandom) {
    this.client = client;
    this.number = number;
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

  /** Named statements by protocol: each session has its own under names that all use. */
  private async prepared(): Promise<void> {
    const { random, client, number } = this;
    const at = random.oneIn(2) ? this.statements++ : random.below(this.statements + 1);
    this.statements = Math.max(this.statements, at + 1);
    const { rows } = await client.query({
      name: `statement ${this.discards}/${at}`,
      text: `select ${number} as number, ${at} as at, $1::int as given`,
      values: [at],
    });
    expect(rows).toEqual([{ number, at, given: at }]);
  }

  /** The value is the own one, or it has been lost, which is said. */
  private async sequence(): Promise<void> {
    const { random, client } = this;
    if (this.sequenceValue === null || random.oneIn(2)) {
      this.sequenceValue = await one(client, `select nextval('public.hunted')`);
      return;
    }
    try {
      expect(await one(client, `select currval('public.hunted')`)).toBe(this.sequenceValue);
    } catch (error) {
      expect(error).toMatchObject({ code: '55000' });
      this.sequenceValue = null;
    }
  }

  /** Channels are the session's own, whoever else listens to others or to the same. */
  private async listen(): Promise<void> {
    const { random, client, number } = this;
    const channel = random.pick(['everybody', `hunter ${number}`]);
    const undone = random.oneIn(3);
    if (undone) await client.query('begin');
    if (random.oneIn(2)) {
      await client.query(`listen "${channel}"`);
      if (!undone) this.channels.add(channel);
    } else {
      await client.query(`unlisten "${channel}"`);
      if (!undone) this.channels.delete(channel);
    }
    if (undone) await client.query('rollback');
    const { rows } = await client.query('select pg_catalog.pg_listening_channels() as channel');
    expect(new Set(rows.map((row) => row.channel))).toEqual(this.channels);
  }

  /** Makes state that cannot be shared, goes on for a while, and finds it as it was. Its session is over then. */
  async keepOwn(): Promise<void> {
    const { random, client, number } = this;
    own++;
    try {
      // What is put in front by a search_path or a role is another test's matter.
      await client.query('reset all');
      await client.query('reset role');
      // Made in a transaction it keeps the shared server that it is on.
      const within = random.oneIn(2);
      if (within) await client.query('begin');
      const check = await ownStates[random.pick(Object.keys(ownStates))]!(client, number);
      if (within) await client.query('commit');
      for (let i = 0; i < 10; i++) {
        await check();
        if (random.oneIn(4)) await client.query('reset all');
        expect(await one(client, 'show application_name')).toBe(this.start.get('application_name'));
        await client.query(`select set_config('app.other', '${number}', false)`);
        expect(await one(client, `select current_setting('app.other')`)).toBe(String(number));
      }
    } finally {
      await client.end();
      own--;
    }
  }

  async step(): Promise<unknown> {
    const { random, client } = this;
    if (random.oneIn(6)) return this.prepared();
    if (random.oneIn(10)) return this.listen();
    // Few, since who loses a value keeps a server from then on.
    if (this.number < 4 && random.oneIn(6)) return this.sequence();
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
        if (random.oneIn(2)) await client.query('reset all');
        else {
          await client.query('discard all');
          // The names that the driver believes in are gone with it.
          this.discards++;
          this.statements = 0;
          this.channels.clear();
        }
        // RESET ALL leaves the role as it is; here every session goes back by itself.
        await client.query('reset role');
        for (const [name, value] of this.start) this.expected.set(name, value);
        return;
      default:
        return this.change();
    }
  }
}

const title = `${clientCount} sessions on two server connections never see each other's state, and keep their own`;
test(title, { timeout: 300_000 + seconds * 2_000 }, async () => {
  const seed = chooseSeed();
  console.log(`seed=${seed} (WEIR_SEED=${seed} replays)`);
  const random = seededRandom(seed);
  const direct = await weir.client({ direct: true });
  await direct.query('create sequence hunted; grant all on hunted to public; select setseed(0.25)');
  for (let i = 0; i < 10; i++) seeded.push(Number(await one(direct, 'select random()')));
  await direct.end();
  const endMs = performance.now() + seconds * 1_000;
  const goesOn = (steps: number) => (seconds > 0 ? performance.now() < endMs : steps < stepsPerClient);
  let checks = 0;
  const hunt = async (number: number, own: SeededRandom): Promise<void> => {
    let steps = 0;
    // A session that has kept a server to itself is over; another takes its place.
    while (goesOn(steps)) {
      const client = await weir.client({ config: { application_name: `hunter ${number}` } });
      const hunter = new Hunter(client, number, own);
      await hunter.begin();
      let over = false;
      while (!over && goesOn(steps)) {
        steps++;
        checks++;
        if (own.oneIn(25) && mayKeepOwn()) {
          await hunter.keepOwn();
          over = true;
        } else {
          await hunter.step();
          await hunter.check();
        }
      }
      if (!over) await client.end();
    }
  };
  await Promise.all(
    Array.from({ length: clientCount }, (_, number) => hunt(number, seededRandom(random.below(2 ** 31)))),
  );
  console.log(`${checks} times a session was changed and looked at`);
  expect(checks).toBeGreaterThanOrEqual(clientCount);
});

function mayKeepOwn(): boolean {
  return own < ownMost;
}
