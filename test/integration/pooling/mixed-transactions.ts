// Transactions of every kind that drivers send, each of which says in its reply whose it is: what a wrong reply would show in.
import { deepStrictEqual, strictEqual } from 'node:assert';
import type pg from 'pg';
import type postgres from 'postgres';

/** One transaction of client `client`, its `number`-th. Throws on a reply that is not its own. */
export type Transaction<Connection> = (
  connection: Connection,
  client: number,
  number: number,
) => Promise<void>;

/** Runs what must fail and gives the SQLSTATE that it failed with. */
async function codeOf(failing: Promise<unknown>): Promise<string> {
  try {
    await failing;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'no error';
}

/** By name, so that a failure says which kind it was. */
export const nodePostgresKinds: Record<string, Transaction<pg.Client>> = {
  async 'simple query'(connection, client, number) {
    const { rows } = await connection.query(`select ${client} as client, ${number} as number`);
    deepStrictEqual(rows, [{ client, number }]);
  },
  async 'parameters, unnamed'(connection, client, number) {
    const { rows } = await connection.query('select $1::int as client, $2::int as number', [client, number]);
    deepStrictEqual(rows, [{ client, number }]);
  },
  async 'named statement that everybody prepares'(connection, client, number) {
    const { rows } = await connection.query({
      name: 'shared',
      text: 'select $1::int as client, $2::int as number',
      values: [client, number],
    });
    deepStrictEqual(rows, [{ client, number }]);
  },
  async 'named statement of one name with a text of its own'(connection, client, number) {
    const { rows } = await connection.query({
      name: 'own',
      text: `select ${client} as client, $1::int as number`,
      values: [number],
    });
    deepStrictEqual(rows, [{ client, number }]);
  },
  async 'several statements in one query'(connection, client, number) {
    const results = (await connection.query(
      `select ${client} as client; select ${number} as number`,
    )) as unknown as pg.QueryResult[];
    deepStrictEqual(
      results.map(({ rows }) => rows[0]),
      [{ client }, { number }],
    );
  },
  async 'an explicit transaction with SET LOCAL'(connection, client, number) {
    await connection.query('begin');
    await connection.query(`set local application_name = 'c${client}n${number}'`);
    const { rows } = await connection.query("select current_setting('application_name') as name");
    await connection.query('commit');
    deepStrictEqual(rows, [{ name: `c${client}n${number}` }]);
  },
  async 'a write that is rolled back to a savepoint'(connection, client, number) {
    await connection.query('begin');
    await connection.query('insert into ledger (client, number) values ($1, $2)', [client, number]);
    await connection.query('savepoint s');
    strictEqual(await codeOf(connection.query('select 1/0')), '22012');
    await connection.query('rollback to savepoint s');
    const { rows } = await connection.query(
      'select client, number from ledger where client = $1 and number = $2',
      [client, number],
    );
    await connection.query('commit');
    deepStrictEqual(rows, [{ client, number }]);
  },
  async 'an error outside of a transaction'(connection, client, number) {
    try {
      await connection.query(`select 'c${client}n${number}'::int`);
    } catch (error) {
      strictEqual((error as Error).message, `invalid input syntax for type integer: "c${client}n${number}"`);
      return;
    }
    throw new Error('there was no error');
  },
  async 'rows by the hundred'(connection, client, number) {
    const { rows } = await connection.query(
      'select $1::int as client, $2::int as number, i from generate_series(1, 300) i',
      [client, number],
    );
    deepStrictEqual(
      [rows.length, rows[0], rows[299]],
      [300, { client, number, i: 1 }, { client, number, i: 300 }],
    );
  },
};

/** The same for postgres.js, which sends many queries at once and knows COPY. */
export const postgresJsKinds: Record<string, Transaction<postgres.Sql>> = {
  async 'a query in a pipeline of five'(sql, client, number) {
    const replies = await Promise.all(
      [0, 1, 2, 3, 4].map(
        (place) => sql`select ${client}::int as client, ${number * 10 + place}::int as number`,
      ),
    );
    deepStrictEqual(
      replies.map(([row]) => ({ ...row })),
      [0, 1, 2, 3, 4].map((place) => ({ client, number: number * 10 + place })),
    );
  },
  async 'a transaction by sql.begin'(sql, client, number) {
    const [row] = await sql.begin(async (transaction) => {
      await transaction`insert into ledger (client, number) values (${client}, ${number})`;
      return await transaction`select client, number from ledger where client = ${client} and number = ${number}`;
    });
    deepStrictEqual({ ...row }, { client, number });
  },
  async 'a transaction that fails'(sql, client, number) {
    const failing = sql.begin(async (transaction) => {
      await transaction`insert into ledger (client, number) values (${-client}, ${number})`;
      await transaction`select 1/0`;
    });
    strictEqual(await codeOf(failing), '22012');
  },
  async 'COPY to the client'(sql, client, number) {
    const stream = await sql`copy (select ${sql.unsafe(`${client}, ${number}`)}) to stdout`.readable();
    let text = '';
    for await (const chunk of stream) text += chunk;
    strictEqual(text, `${client}\t${number}\n`);
  },
  async 'COPY from the client'(sql, client, number) {
    const stream = await sql`copy ledger (client, number) from stdin`.writable();
    await new Promise<void>((resolve, reject) => {
      stream.on('error', reject).on('finish', resolve);
      stream.end(`${client}\t${number}\n`);
    });
  },
  async 'a cursor'(sql, client, number) {
    const seen: unknown[] = [];
    await sql`select ${client}::int as client, ${number}::int as number, i from generate_series(1, 30) i`.cursor(
      10,
      (rows) => {
        seen.push(...rows.map((row) => ({ ...row })));
      },
    );
    deepStrictEqual([seen.length, seen[29]], [30, { client, number, i: 30 }]);
  },
};
