// One run of node-postgres through what every driver is put through.
import pg from 'pg';
import { amounts, type DriverReport, largeText, statements } from '../scenario.ts';

/** Opens one client with the given configuration and reports what it saw. */
export async function runNodePostgres(config: pg.ClientConfig, table: string): Promise<DriverReport> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    const serverTls = (await client.query(statements.serverTls)).rows[0].ssl as boolean;
    return {
      client: 'node-postgres',
      serverTls,
      parameterised: await parameterised(client),
      transaction: await transaction(client, table),
      error: await errors(client),
      large: await large(client),
      copy: { skipped: 'node-postgres has COPY only through pg-copy-streams' },
      habits: {
        'named query': await outcome(() => namedQuery(client)),
        'queued queries': await outcome(() => queued(client)),
        listen: await outcome(() => listen(client)),
      },
    };
  } finally {
    await client.query(`drop table if exists ${table}`).catch(() => {});
    await client.end();
  }
}

async function parameterised(client: pg.Client): Promise<number> {
  let right = 0;
  for (let i = 0; i < amounts.parameterised; i += 1) {
    const { rows } = await client.query('select $1::int + 1 as n, $2::text as t', [i, `text ${i}`]);
    if (rows[0].n === i + 1 && rows[0].t === `text ${i}`) right += 1;
  }
  return right;
}

async function transaction(client: pg.Client, table: string): Promise<DriverReport['transaction']> {
  await client.query(statements.createTable(table));
  const count = async () => Number((await client.query(`select count(*) from ${table}`)).rows[0].count);
  const insert = async (from: number, to: number) => {
    for (let i = from; i < to; i += 1) await client.query(`insert into ${table} values ($1, $2)`, [i, 'row']);
  };
  await client.query('begin');
  await insert(0, 3);
  await client.query('commit');
  const committed = await count();
  await client.query('begin');
  await insert(3, 5);
  await client.query('rollback');
  return { committed, rolledBack: await count() };
}

async function errors(client: pg.Client): Promise<DriverReport['error']> {
  const sqlstateOf = (text: string) =>
    client.query(text).then(
      () => 'none',
      (error: pg.DatabaseError) => error.code ?? 'no code',
    );
  await client.query('begin');
  const sqlstate = await sqlstateOf('select 1 / 0');
  const afterwards = await sqlstateOf('select 1');
  await client.query('rollback');
  return { sqlstate, afterwards, recovered: (await client.query('select 42 as n')).rows[0].n };
}

async function large(client: pg.Client): Promise<DriverReport['large']> {
  let rows = 0;
  let bytes = 0;
  for (const row of (await client.query(statements.large)).rows as { i: number; text: string }[]) {
    if (row.text === largeText(row.i)) rows += 1;
    bytes += row.text.length;
  }
  return { rows, bytes };
}

async function namedQuery(client: pg.Client): Promise<void> {
  for (let i = 0; i < 50; i += 1) {
    const { rows } = await client.query({
      name: `weir-${i % 5}`,
      text: `select $1::int + ${i % 5} as n`,
      values: [i],
    });
    if (rows[0].n !== i + (i % 5)) throw new Error(`asked ${i}, got ${rows[0].n}`);
  }
}

async function queued(client: pg.Client): Promise<void> {
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      client.query('select $1::int as n', [i]).then(({ rows }) => rows[0].n),
    ),
  );
  if (replies.some((n, i) => n !== i)) throw new Error(`replies out of order: ${replies}`);
}

async function listen(client: pg.Client): Promise<void> {
  const heard = new Promise<string | undefined>((resolve) =>
    client.once('notification', (n) => resolve(n.payload)),
  );
  await client.query('listen weir_drivers');
  await client.query("select pg_notify('weir_drivers', 'heard')");
  if ((await heard) !== 'heard') throw new Error('another payload was heard');
  await client.query('unlisten *');
}

async function outcome(habit: () => Promise<void>): Promise<string> {
  try {
    await habit();
    return 'ok';
  } catch (error) {
    return String(error);
  }
}
