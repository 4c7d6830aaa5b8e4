// Which endpoints are due for DNS records, on a real catalog: none is left behind, whatever fails or changes between.
import { type Catalog, type DueEndpoint, pointDueEndpoints } from '@weir/catalog';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, catalogUrlOf, createTenant, openCatalogAt, startBench } from '../control-api/support.ts';

let bench: Bench;
let catalog: Catalog;
beforeAll(async () => {
  bench = await startBench();
  catalog = await openCatalogAt(catalogUrlOf(bench.server), bench.sealKeyFile);
});
afterAll(async () => {
  await catalog?.close();
  await bench?.close();
});

const newEndpoint = async () => (await createTenant(bench)).endpoint.id;
const remove = (id: string) => bench.api.call('DELETE', `/v1/endpoints/${id}`);

const placed = (id: string, isGone: boolean) => ({ id, region: 'default', cell: 'default', isGone });

/** What is published to `target`, at most two at once, as long as there is some; `refuse`: the provider fails. */
async function published(target: string, { refuse = false, evenIfNone = false } = {}) {
  const calls: (readonly DueEndpoint[])[] = [];
  const publish = async (due: readonly DueEndpoint[]) => {
    if (refuse) throw new Error('refused');
    calls.push(due);
  };
  let found: number | null;
  const targets = new Map([['default', target]]);
  do found = await pointDueEndpoints(catalog, { targets, endpointsMax: 2, evenIfNone }, publish);
  while (found === 2);
  return calls;
}

test('each endpoint is published once, again when records are to lead elsewhere, and once more when it is gone', async () => {
  const ids = [await newEndpoint(), await newEndpoint(), await newEndpoint()].sort();
  const byId = (one: DueEndpoint, other: DueEndpoint) => (one.id < other.id ? -1 : 1);
  const calls = await published('cell-1');
  expect(calls.map((due) => due.length)).toEqual([2, 1]);
  expect(calls.flat().sort(byId)).toEqual(ids.map((id) => placed(id, false)));
  expect(await published('cell-1')).toEqual([]);
  expect(await published('cell-1', { evenIfNone: true })).toEqual([[]]);
  expect((await published('cell-0')).flat()).toHaveLength(3);
  // A process with the old values writes them again until it is gone.
  expect((await published('cell-1')).flat()).toHaveLength(3);
  for (const id of ids) await remove(id);
  expect((await published('cell-1')).flat().sort(byId)).toEqual(ids.map((id) => placed(id, true)));
  expect(await published('cell-1')).toEqual([]);
});

test('an endpoint that is deleted after its records failed, first or elsewhere, has them taken back', async () => {
  const fresh = await newEndpoint();
  await expect(published('cell-1', { refuse: true })).rejects.toThrow('refused');
  await remove(fresh);
  expect(await published('cell-1')).toEqual([[placed(fresh, true)]]);
  const moved = await newEndpoint();
  await published('cell-1');
  await expect(published('cell-2', { refuse: true })).rejects.toThrow('refused');
  await remove(moved);
  expect(await published('cell-2')).toEqual([[placed(moved, true)]]);
});

test('each endpoint is due for the target of its own cell, also when that alone is another, and for no cell unknown here', async () => {
  await catalog.db.execute("insert into cells (id, region) values ('far-1', 'far'), ('far-2', 'far')");
  const [here, there, elsewhere] = [await newEndpoint(), await newEndpoint(), await newEndpoint()];
  const move = (id: string, cell: string) =>
    catalog.db.execute(`update endpoints set region = 'far', cell = '${cell}' where id = '${id}'`);
  await move(there, 'far-1');
  await move(elsewhere, 'far-2');
  const calls: DueEndpoint[] = [];
  const publish = async (due: readonly DueEndpoint[]) => void calls.push(...due);
  const lead = async (targets: Record<string, string>) => {
    calls.length = 0;
    const options = { targets: new Map(Object.entries(targets)), endpointsMax: 10, evenIfNone: false };
    await pointDueEndpoints(catalog, options, publish);
    return calls.map(({ id, region, cell }) => [id, region, cell]);
  };
  const both = [
    [here, 'default', 'default'],
    [there, 'far', 'far-1'],
  ];
  expect(await lead({ default: 'cell-1', 'far-1': 'cell-2' })).toEqual(both);
  expect(await lead({ default: 'cell-1', 'far-1': 'cell-2' })).toEqual([]);
  expect(await lead({ default: 'cell-1', 'far-1': 'cell-3' })).toEqual([both[1]]);
  for (const id of [here, there, elsewhere]) await remove(id);
  expect(await lead({ default: 'cell-1', 'far-1': 'cell-3' })).toHaveLength(3);
});

test('while one process publishes, another does not wait, and neither do changes of what is published', async () => {
  const id = await newEndpoint();
  const options = { targets: new Map([['default', 'cell-1']]), endpointsMax: 2, evenIfNone: false };
  const found = await pointDueEndpoints(catalog, options, async () => {
    expect(await pointDueEndpoints(catalog, options, async () => {})).toBeNull();
    await remove(id);
  });
  expect(found).toBe(1);
  expect(await published('cell-1')).toEqual([[placed(id, true)]]);
});
