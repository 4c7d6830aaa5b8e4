// The snapshot on disk: what a pooler still knows when shared state is away, and what it never shows.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultEndpointSettings, noOrders } from '@weir/tenancy';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type EndpointDirectory, type EndpointLookUp, FleetUnavailableError } from './contract.ts';
import type { SealKey } from './seal-keys.ts';
import { EndpointSnapshot, type EndpointSnapshotOptions, withSnapshot } from './snapshot.ts';
import { exampleOfEarlierRelease, examplePublishedEndpoint } from './testing/contract-suite.ts';
import { fixedSealKeys } from './testing/fixed-seal-keys.ts';
import { UnreadableRecordError } from './unreadable-record.ts';

const [oldKey, newKey] = [1, 2].map((n) => ({ id: `k${n}`, secret: new Uint8Array(32).fill(n) })) as [
  SealKey,
  SealKey,
];
const sealKeys = fixedSealKeys([oldKey]);
const endpoint = examplePublishedEndpoint();
const { endpointId } = endpoint;
let directory: string;
let file: string;
let errors: Error[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-snapshot-'));
  file = join(directory, 'state', 'endpoints.snapshot');
  errors = [];
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

async function openSnapshot(options: Partial<EndpointSnapshotOptions> = {}) {
  const snapshot = new EndpointSnapshot({ file, sealKeys, onError: (e) => errors.push(e), ...options });
  await snapshot.load();
  return snapshot;
}

test('a later process recalls what an earlier one looked up', async () => {
  const before = await openSnapshot();
  before.remember(endpoint);
  await before.close();
  const after = await openSnapshot();
  expect(after.recall(endpointId)).toEqual(endpoint);
  expect(after.recall('ep-unknown-owl-000000')).toBeNull();
  expect(errors).toEqual([]);
});

test('a snapshot that an earlier release wrote is recalled with the defaults of what it did not know', async () => {
  const earlier = exampleOfEarlierRelease();
  const before = await openSnapshot();
  before.remember(earlier);
  await before.close();
  expect((await openSnapshot()).recall(endpointId)).toEqual({
    ...earlier,
    kind: 'read_write',
    region: 'default',
    cell: 'default',
    orders: noOrders,
    settings: { ...defaultEndpointSettings, ...earlier.settings },
  });
  expect(errors).toEqual([]);
});

test('the file is for its owner alone and holds no secret in the clear', async () => {
  const snapshot = await openSnapshot();
  snapshot.remember(endpoint);
  await snapshot.close();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(endpointId);
  for (const secret of ['app-password', 'weir-service-password']) expect(text).not.toContain(secret);
  expect(readdirSync(join(directory, 'state'))).toEqual(['endpoints.snapshot']);
});

test('changes are written by themselves after the delay', async () => {
  const snapshot = await openSnapshot({ saveDelayMs: 10 });
  snapshot.remember(endpoint);
  await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toContain(endpointId), { timeout: 4_000 });
  await snapshot.close();
});

test('an endpoint that did not change is not written again', async () => {
  const snapshot = await openSnapshot();
  snapshot.remember(endpoint);
  await snapshot.close();
  rmSync(file);
  snapshot.remember(structuredClone(endpoint));
  await snapshot.close();
  expect(readdirSync(join(directory, 'state'))).toEqual([]);
});

test('past the bound the endpoint that was not looked up for longest is left out', async () => {
  const snapshot = await openSnapshot({ endpointsMax: 2 });
  const [a, b, c] = ['a', 'b', 'c'].map((id) => examplePublishedEndpoint({ endpointId: id }));
  snapshot.remember(a!);
  snapshot.remember(b!);
  snapshot.remember(a!);
  snapshot.remember(c!);
  expect(['a', 'b', 'c'].map((id) => snapshot.recall(id)?.endpointId)).toEqual(['a', undefined, 'c']);
  await snapshot.close();
});

test('lines that are cut, forged or moved to another endpoint are not believed, the others are', async () => {
  const snapshot = await openSnapshot();
  snapshot.remember(endpoint);
  snapshot.remember(examplePublishedEndpoint({ endpointId: 'ep-other-owl-000000' }));
  await snapshot.close();
  const [first, second] = readFileSync(file, 'utf8').split('\n');
  const moved = first!.replace(endpointId, 'ep-thief-crow-000000');
  writeFileSync(file, `${moved}\n${first!.slice(0, 40)}\n[]\nnull\n${second}\n`);
  const after = await openSnapshot();
  expect(after.recall('ep-thief-crow-000000')).toBeNull();
  expect(after.recall('ep-other-owl-000000')?.endpointId).toBe('ep-other-owl-000000');
  expect(errors).toHaveLength(4);
});

test('a place that cannot be written is reported and nothing else happens', async () => {
  writeFileSync(join(directory, 'state'), 'a file where the directory should be');
  const snapshot = await openSnapshot();
  snapshot.remember(endpoint);
  await snapshot.close();
  expect(snapshot.recall(endpointId)).toEqual(endpoint);
  expect(errors.length).toBeGreaterThan(0);
});

test('a directory with a snapshot answers from it while shared state is away or empty, and forgets what is gone', async () => {
  let answer: () => EndpointLookUp = () => ({ kind: 'found', endpoint });
  const inner: EndpointDirectory = { lookUp: async () => answer(), onChange: () => () => {} };
  const snapshot = await openSnapshot();
  const directoryWithSnapshot = withSnapshot(inner, snapshot);
  const lookUp = () => directoryWithSnapshot.lookUp(endpointId);
  const fail = (error: Error) => () => {
    throw error;
  };

  answer = fail(new FleetUnavailableError('away'));
  await expect(lookUp()).rejects.toThrow('away');
  answer = () => ({ kind: 'found', endpoint });
  await lookUp();
  for (const error of [new FleetUnavailableError('away'), new UnreadableRecordError('forged')]) {
    answer = fail(error);
    expect(await lookUp()).toEqual({ kind: 'found', endpoint, remembered: true });
  }
  answer = fail(new TypeError('a mistake of ours'));
  await expect(lookUp()).rejects.toThrow('a mistake of ours');
  answer = () => ({ kind: 'not-known-yet' });
  expect(await lookUp()).toEqual({ kind: 'found', endpoint, remembered: true });
  answer = () => ({ kind: 'deleted' });
  expect(await lookUp()).toEqual({ kind: 'deleted' });
  answer = () => ({ kind: 'not-known-yet' });
  expect(await lookUp()).toEqual({ kind: 'not-known-yet' });
  await snapshot.close();
});

test('what an older key sealed is sealed again, also of endpoints that nobody asks for, and then needs it no more', async () => {
  const before = await openSnapshot();
  before.remember(endpoint);
  await before.close();
  const between = await openSnapshot({ sealKeys: fixedSealKeys([newKey, oldKey]) });
  await between.sealAgain();
  await between.close();
  const after = await openSnapshot({ sealKeys: fixedSealKeys([newKey]) });
  expect(after.recall(endpointId)).toEqual(endpoint);
  expect(errors).toEqual([]);
});

test('an unchanged endpoint that is looked up again is sealed with the new key', async () => {
  const keys = { keys: [oldKey], readAgain() {} };
  const snapshot = await openSnapshot({ sealKeys: keys });
  snapshot.remember(endpoint);
  keys.keys = [newKey, oldKey];
  snapshot.remember(endpoint);
  keys.keys = [newKey];
  expect(snapshot.recall(endpointId)).toEqual(endpoint);
  await snapshot.close();
});
