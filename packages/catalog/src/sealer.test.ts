// Sealing: what opens, and everything that must not.
import { expect, test } from 'vitest';
import {
  CatalogSealError,
  type CatalogSealKeys,
  createSealer,
  type SecretPlace,
  UnknownCatalogKeyError,
} from './sealer.ts';

const key = (id: string, byte: number) => ({ id, secret: new Uint8Array(32).fill(byte) });
const sealerOf = (keys: CatalogSealKeys['keys']) => createSealer({ keys, readAgain() {} });
const place: SecretPlace = ['roles', 'password', 'ep-calm-river-abc123', 'app'];

test('a secret opens where it was sealed, and two seals of it differ', () => {
  const sealer = sealerOf([key('k1', 1)]);
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
  const sealer = sealerOf([key('k1', 1)]);
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
  const sealer = sealerOf([key('k1', 1)]);
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
  const sealed = sealerOf([key('old', 1)]).seal('x', place);
  const rotated = sealerOf([key('new', 2), key('old', 1)]);
  expect(rotated.open(sealed, place)).toBe('x');
  expect(rotated.seal('x', place)).toMatch(/^new:/);
  expect(() => sealerOf([key('new', 2)]).open(sealed, place)).toThrow(/"old"/);
  expect(() => sealerOf([key('new', 1)]).open(sealed.replace('old:', 'new:'), place)).toThrow(
    CatalogSealError,
  );
});

test('a key that came meanwhile opens, and one that did not is named', () => {
  const sealed = sealerOf([key('new', 2)]).seal('x', place);
  const source = {
    keys: [key('old', 1)],
    readAgain() {
      this.keys = [key('old', 1), key('new', 2)];
    },
  };
  expect(createSealer(source).open(sealed, place)).toBe('x');
  expect(() => createSealer(source).open(sealed.replace('new:', 'other:'), place)).toThrow(
    UnknownCatalogKeyError,
  );
});
