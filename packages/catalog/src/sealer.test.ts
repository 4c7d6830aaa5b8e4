// Sealing: what opens, and everything that must not.
import { expect, test } from 'vitest';
import { CatalogSealError, createSealer, type SecretPlace } from './sealer.ts';

const key = (id: string, byte: number) => ({ id, secret: new Uint8Array(32).fill(byte) });
const place: SecretPlace = ['roles', 'password', 'ep-calm-river-abc123', 'app'];

test('a secret opens where it was sealed, and two seals of it differ', () => {
  const sealer = createSealer([key('k1', 1)]);
  const one = sealer.seal('pä55wort', place);
  const two = sealer.seal('pä55wort', place);
  expect(one).not.toBe(two);
  expect(one).toMatch(/^k1:/);
  expect(one).not.toContain('pä55wort');
  expect(sealer.open(one, place)).toBe('pä55wort');
  expect(sealer.open(two, place)).toBe('pä55wort');
  expect(sealer.open(sealer.seal('', place), place)).toBe('');
});

test('a secret moved to another row or column does not open', () => {
  const sealer = createSealer([key('k1', 1)]);
  const sealed = sealer.seal('x', place);
  const elsewhere: SecretPlace[] = [
    ['roles', 'password', 'ep-calm-river-abc123', 'other'],
    ['roles', 'password', 'ep-calm-river-abc124', 'app'],
    ['endpoints', 'password', 'ep-calm-river-abc123', 'app'],
    ['roles', 'password', 'ep-calm-river-abc123,app'],
  ];
  for (const other of elsewhere) expect(() => sealer.open(sealed, other)).toThrow(CatalogSealError);
});

test('any flipped bit is noticed', () => {
  const sealer = createSealer([key('k1', 1)]);
  const sealed = sealer.seal('secret', place);
  const bytes = Buffer.from(sealed.slice(3), 'base64');
  for (let i = 0; i < bytes.length; i++) {
    const touched = Buffer.from(bytes);
    touched[i]! ^= 1;
    expect(() => sealer.open(`k1:${touched.toString('base64')}`, place)).toThrow(CatalogSealError);
  }
  expect(() => sealer.open('k1:', place)).toThrow(/too short/);
  expect(() => sealer.open('nonsense', place)).toThrow(/not in the key file/);
});

test('after a rotation the new key seals and the old one still opens, but not under the new name', () => {
  const sealed = createSealer([key('old', 1)]).seal('x', place);
  const rotated = createSealer([key('new', 2), key('old', 1)]);
  expect(rotated.open(sealed, place)).toBe('x');
  expect(rotated.seal('x', place)).toMatch(/^new:/);
  expect(() => createSealer([key('new', 2)]).open(sealed, place)).toThrow(/"old"/);
  expect(() => createSealer([key('new', 1)]).open(sealed.replace('old:', 'new:'), place)).toThrow(
    CatalogSealError,
  );
});

test('keys of another length are refused, and so is having none', () => {
  expect(() => createSealer([])).toThrow(CatalogSealError);
  expect(() => createSealer([{ id: 'k', secret: new Uint8Array(16) }])).toThrow(/32 bytes/);
});
