// Sealing binds a record to its place, and the key file decides who opens it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultEndpointSettings, noOrders } from '@weir/tenancy';
import { expect, test } from 'vitest';
import { loadSealKeys, parseSealKeys, SealKeyError } from './seal-keys.ts';
import { openEndpoint, sealEndpoint } from './sealed-endpoint.ts';
import { open, SealError, seal } from './sealing.ts';
import { exampleOfEarlierRelease, examplePublishedEndpoint } from './testing/contract-suite.ts';

const [oldKey, newKey, strangeKey] = [...'123'].map((digit, index) => ({
  id: `k${index + 1}`,
  secret: new Uint8Array(32).fill(Number(digit)),
})) as [
  { id: string; secret: Uint8Array },
  { id: string; secret: Uint8Array },
  { id: string; secret: Uint8Array },
];
const endpoint = examplePublishedEndpoint({ generation: 7 });
const context = { place: 'published', endpointId: endpoint.endpointId, epoch: 2, generation: 7 } as const;

test('a sealed endpoint opens whole, and shows none of its secrets', () => {
  const sealed = sealEndpoint([newKey], 'published', endpoint, 2);
  expect(openEndpoint([newKey], context, sealed)).toEqual(endpoint);
  const bytes = Buffer.from(sealed.box, 'base64').toString('latin1');
  for (const secret of ['app-password', 'weir-service-password', 'db.example.com']) {
    expect(bytes).not.toContain(secret);
  }
});

test('a record that an earlier release sealed opens with the defaults of what it did not know', () => {
  const earlier = exampleOfEarlierRelease();
  const sealed = sealEndpoint([newKey], 'published', earlier, 2);
  expect(openEndpoint([newKey], { ...context, generation: earlier.generation }, sealed)).toEqual({
    ...earlier,
    kind: 'read_write',
    region: 'default',
    cell: 'default',
    orders: noOrders,
    settings: { ...defaultEndpointSettings, ...earlier.settings },
  });
});

test('the same record sealed twice gives different bytes', () => {
  const boxes = [1, 2].map(() => sealEndpoint([newKey], 'published', endpoint, 2).box);
  expect(boxes[0]).not.toBe(boxes[1]);
});

test('the first key seals and every key opens', () => {
  const before = sealEndpoint([oldKey], 'published', endpoint, 2);
  const after = sealEndpoint([newKey, oldKey], 'published', endpoint, 2);
  expect([before.keyId, after.keyId]).toEqual(['k1', 'k2']);
  expect(openEndpoint([newKey, oldKey], context, before)).toEqual(endpoint);
  expect(openEndpoint([newKey, oldKey], context, after)).toEqual(endpoint);
  expect(() => openEndpoint([newKey], context, before)).toThrow(SealError);
});

test.each([
  ['another endpoint', { endpointId: 'ep-other-owl-000000' }],
  ['a later epoch', { epoch: 3 }],
  ['a later generation', { generation: 8 }],
  ['another place', { place: 'snapshot' as const }],
])('a record does not open as that of %s', (_name, change) => {
  const sealed = sealEndpoint([newKey], 'published', endpoint, 2);
  expect(() => openEndpoint([newKey], { ...context, ...change }, sealed)).toThrow(SealError);
});

test('a record does not open under the name of another key, even with the same bytes', () => {
  const sealed = sealEndpoint([newKey], 'published', endpoint, 2);
  const renamed = { id: 'renamed', secret: newKey.secret };
  expect(() => openEndpoint([renamed], context, { ...sealed, keyId: 'renamed' })).toThrow(SealError);
});

test('a key of the right name and other bytes does not open', () => {
  const sealed = sealEndpoint([newKey], 'published', endpoint, 2);
  expect(() => openEndpoint([{ id: newKey.id, secret: strangeKey.secret }], context, sealed)).toThrow(
    SealError,
  );
});

test('a flipped bit anywhere, and a cut at any place, is refused', () => {
  const sealed = seal([newKey], ['x', 1], 'short');
  const bytes = Buffer.from(sealed.box, 'base64');
  for (let index = 0; index < bytes.length; index++) {
    const flipped = Buffer.from(bytes);
    flipped[index]! ^= 1;
    const boxes = [flipped, bytes.subarray(0, index)].map((box) => box.toString('base64'));
    for (const box of boxes) {
      expect(() => open([newKey], ['x', 1], { keyId: newKey.id, box })).toThrow(SealError);
    }
  }
});

test('contexts that read alike when joined are different contexts', () => {
  const sealed = seal([newKey], ['a', 'b,c'], 'value');
  for (const context of [
    ['a,b', 'c'],
    ['a', 'b', 'c'],
    ['a"', 'b,c'],
  ]) {
    expect(() => open([newKey], context, sealed)).toThrow(SealError);
  }
});

test('a key file may have comments, empty lines and Windows line ends', () => {
  const text = `# rotated in May\r\n\r\nnew:${'ab'.repeat(32)}\r\nold:${'CD'.repeat(32)}\r\n`;
  expect(parseSealKeys(text).map(({ id, secret }) => [id, secret.length, secret[0]])).toEqual([
    ['new', 32, 0xab],
    ['old', 32, 0xcd],
  ]);
});

test.each([
  ['', 'there is no key in it'],
  ['# nothing', 'there is no key in it'],
  [`k1:${'a'.repeat(63)}`, 'line 1 is not'],
  [`ok:${'a'.repeat(64)}\nk2=${'a'.repeat(64)}`, 'line 2 is not'],
  [`k:${'a'.repeat(64)}\nk:${'b'.repeat(64)}`, 'stands there twice'],
])('a malformed key file is refused by what is wrong with it (%#)', (text, complaint) => {
  expect(() => parseSealKeys(text, 'keys')).toThrow(complaint);
});

test('errors about a key file name file and line, never a key', () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-seal-'));
  try {
    const file = join(directory, 'keys');
    expect(() => loadSealKeys(file)).toThrow(/cannot be read \(ENOENT\)/);
    writeFileSync(file, `k1:${'5e'.repeat(31)}`);
    const load = () => loadSealKeys(file);
    expect(load).toThrow(SealKeyError);
    expect(load).toThrow(/keys: line 1/);
    expect(load).not.toThrow(/5e5e/);
    writeFileSync(file, `k1:${'5e'.repeat(32)}\n`);
    expect(loadSealKeys(file)).toHaveLength(1);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
