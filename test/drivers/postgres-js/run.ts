// One run of postgres.js through what every driver is put through.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import postgres from 'postgres';
import { amounts, type DriverReport, largeText, statements } from '../scenario.ts';

type Sql = ReturnType<typeof postgres>;
type Transaction = Parameters<Parameters<Sql['begin']>[1]>[0];

/** Opens one pool of postgres.js with the given options and reports what it saw. */
export async function runPostgresJs(
  url: string,
  options: Parameters<typeof postgres>[1],
  table: string,
): Promise<DriverReport> {
  const sql: Sql = postgres(url, { onnotice: () => {}, ...options });
  try {
    return {
      client: 'postgres.js',
      serverTls: (await sql.unsafe(statements.serverTls))[0]!.ssl,
      parameterised: await parameterised(sql),
      transaction: await transaction(sql, table),
      error: await errors(sql),
      large: await large(sql),
      copy: await copy(sql, table),
      habits: {
        cursor: await outcome(() => cursor(sql)),
        listen: await outcome(() => listen(sql)),
        'types of an array': await outcome(() => arrays(sql)),
      },
    };
  } finally {
    await sql.unsafe(`drop table if exists ${table}`).catch(() => {});
    await sql.end({ timeout: 5 });
  }
}

// All at once: postgres.js spreads them over its ten connections and pipelines them there.
async function parameterised(sql: Sql): Promise<number> {
  const replies = await Promise.all(
    Array.from(
      { length: amounts.parameterised },
      (_, i) => sql`select ${i}::int + 1 as n, ${`text ${i}`}::text as t`,
    ),
  );
  return replies.filter((rows, i) => rows[0]!.n === i + 1 && rows[0]!.t === `text ${i}`).length;
}

async function transaction(sql: Sql, table: string): Promise<DriverReport['transaction']> {
  await sql.unsafe(statements.createTable(table));
  const count = async () => Number((await sql`select count(*) from ${sql(table)}`)[0]!.count);
  const insert = async (tx: Transaction, from: number, to: number) => {
    for (let i = from; i < to; i += 1) await tx`insert into ${tx(table)} values (${i}, 'row')`;
  };
  await sql.begin((tx) => insert(tx, 0, 3));
  const committed = await count();
  await sql
    .begin(async (tx) => {
      await insert(tx, 3, 5);
      throw new Error('roll this back');
    })
    .catch(() => {});
  return { committed, rolledBack: await count() };
}

async function errors(sql: Sql): Promise<DriverReport['error']> {
  let sqlstate = 'none';
  let afterwards = 'none';
  const codeOf = (error: unknown) => (error as { code?: string }).code ?? String(error);
  await sql
    .begin(async (tx) => {
      await tx`select 1 / 0`.catch((error) => (sqlstate = codeOf(error)));
      await tx`select 1`.catch((error) => (afterwards = codeOf(error)));
    })
    .catch(() => {});
  return { sqlstate, afterwards, recovered: (await sql`select 42 as n`)[0]!.n };
}

async function large(sql: Sql): Promise<DriverReport['large']> {
  let rows = 0;
  let bytes = 0;
  for (const row of await sql.unsafe<{ i: number; text: string }[]>(statements.large)) {
    if (row.text === largeText(row.i)) rows += 1;
    bytes += row.text.length;
  }
  return { rows, bytes };
}

async function copy(sql: Sql, table: string): Promise<DriverReport['copy']> {
  const lines = Array.from({ length: amounts.copyRows }, (_, i) => `${1000 + i}\tcopied ${i}\n`);
  await pipeline(Readable.from(lines), await sql`copy ${sql(table)} from stdin`.writable());
  const copiedIn = Number((await sql`select count(*) from ${sql(table)} where id >= 1000`)[0]!.count);
  let text = '';
  for await (const chunk of await sql`copy (select * from ${sql(table)} where id >= 1000) to stdout`.readable()) {
    text += chunk;
  }
  return { in: copiedIn, out: text.split('\n').length - 1 };
}

async function cursor(sql: Sql): Promise<void> {
  let sum = 0;
  for await (const rows of sql`select generate_series(1, 100) as n`.cursor(10)) {
    for (const row of rows) sum += row.n;
  }
  if (sum !== 5050) throw new Error(`the cursor summed to ${sum}`);
}

async function listen(sql: Sql): Promise<void> {
  let hear: (payload: string) => void = () => {};
  const heard = new Promise<string>((resolve) => (hear = resolve));
  const { unlisten } = await sql.listen('weir_drivers', (payload) => hear(payload));
  await sql.notify('weir_drivers', 'heard');
  if ((await heard) !== 'heard') throw new Error('another payload was heard');
  await unlisten();
}

async function arrays(sql: Sql): Promise<void> {
  const [row] = await sql`select ${[1, 2, 3]}::int[] as numbers`;
  if (JSON.stringify(row!.numbers) !== '[1,2,3]') throw new Error(`got ${JSON.stringify(row!.numbers)}`);
}

async function outcome(habit: () => Promise<void>): Promise<string> {
  try {
    await habit();
    return 'ok';
  } catch (error) {
    return String(error);
  }
}
