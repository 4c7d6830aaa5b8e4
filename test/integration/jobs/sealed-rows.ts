// Sealed rows of a control plane's catalog: made, counted by the key that sealed them, and opened.
import type { SealKeyReply, SealKeysReply } from '@weir/api-contract';
import type { Catalog } from '@weir/catalog';
import pg from 'pg';
import { openCatalogAt } from '../control-api/support.ts';
import type { ControlPlane } from './control-plane.ts';

const route = 'GET /';

export async function sealKeyOf(plane: ControlPlane, id: string): Promise<SealKeyReply | undefined> {
  const { keys } = await plane.api.call<SealKeysReply>('GET', '/v1/seal-keys');
  return keys.find((key) => key.id === id);
}

/** Makes one the first time; afterwards gives the reply that was kept of that, sealed. */
export async function createWebhook({ api }: ControlPlane) {
  const reply = await fetch(`${api.url}/v1/webhooks`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${api.apiKey}`,
      'content-type': 'application/json',
      // Behind all of `keepReplies` in the order in which they are sealed again.
      'idempotency-key': 'zzz',
    },
    body: JSON.stringify({ url: 'http://127.0.0.1:9/', events: ['endpoint.deleted'] }),
  });
  return { status: reply.status, body: (await reply.json()) as { type?: string; detail?: string } };
}

export async function repliesSealedWith(plane: ControlPlane, keyId: string): Promise<number> {
  const [found] = await rowsOf<{ count: number }>(
    plane,
    'select count(*)::int as count from kept_replies where starts_with(sealed, $1)',
    [`${keyId}:`],
  );
  return found!.count;
}

/** Keeps replies that nobody asked for. */
export async function keepReplies(plane: ControlPlane, count: number): Promise<void> {
  const [key] = await rowsOf<{ id: string }>(plane, 'select id from api_keys', []);
  const { id } = key!;
  const names = Array.from({ length: count }, (_, number) => `reply-${number}`);
  const sealed = await withCatalog(plane, ({ sealer }) =>
    names.map((name) => sealer.seal(name, ['kept_replies', 'sealed', id, route, name])),
  );
  await rowsOf(
    plane,
    `insert into kept_replies (api_key_id, route, idempotency_key, sealed)
     select $1, $2, name, sealed from unnest($3::text[], $4::text[]) as replies (name, sealed)`,
    [id, route, names, sealed],
  );
}

/** How many of them open with the keys that the file has now. */
export async function repliesThatOpen(plane: ControlPlane): Promise<number> {
  const rows = await rowsOf<{ id: string; name: string; sealed: string }>(
    plane,
    'select api_key_id as id, idempotency_key as name, sealed from kept_replies where route = $1',
    [route],
  );
  return withCatalog(plane, ({ sealer }) => {
    const open = ({ id, name, sealed }: (typeof rows)[number]) =>
      sealer.open(sealed, ['kept_replies', 'sealed', id, route, name]);
    return rows.filter((row) => open(row) === row.name).length;
  });
}

async function rowsOf<Row extends pg.QueryResultRow>(
  plane: ControlPlane,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: urlOf(plane) });
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

async function withCatalog<T>(plane: ControlPlane, use: (catalog: Catalog) => T): Promise<T> {
  const catalog = await openCatalogAt(urlOf(plane), plane.sealKeyFile);
  try {
    return use(catalog);
  } finally {
    await catalog.close();
  }
}

function urlOf({ catalog }: ControlPlane): string {
  return catalog.url.replace(/\/postgres$/, '/weir');
}
