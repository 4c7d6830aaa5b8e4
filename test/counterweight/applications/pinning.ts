// Not a stack: half of its clients do what needs a server connection of their own, so that the gauge can be seen to notice.
import pg from 'pg';

const clients = Number(process.env.WEIR_CLIENTS);
const pinning = Math.floor(clients / 2);

async function round(client: pg.Client, index: number): Promise<void> {
  if (index < pinning) await client.query('create temp table if not exists basket (product integer)');
  await client.query('select $1::int', [index]);
}

const open = await Promise.all(
  Array.from({ length: clients }, async (_, index) => {
    const client = new pg.Client(process.env.WEIR_URL);
    await client.connect();
    await round(client, index);
    return client;
  }),
);
console.log('ready');
const until = performance.now() + Number(process.env.WEIR_SECONDS) * 1000;
const rounds = await Promise.all(
  open.map(async (client, index) => {
    let done = 0;
    do {
      await round(client, index);
      done++;
    } while (performance.now() < until);
    return done;
  }),
);
const sum = rounds.reduce((all, one) => all + one, 0);
console.log(JSON.stringify({ client: 'pg', rounds: sum, roundsLeast: Math.min(...rounds), errors: {} }));
for (const client of open) await client.end();
