// Integers, joins, and text that must come back as the bytes it was.
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, equalBytes, joinBytes, readInt32, writeInt32 } from './bytes.ts';

test.each([0, 1, -1, 4, 255, 256, 65536, 0x7fffffff, -0x80000000])(
  'the integer %i is written and read back',
  (value) => {
    const bytes = new Uint8Array(6);
    writeInt32(bytes, 1, value);
    expect(readInt32(bytes, 1)).toBe(value);
    expect(new DataView(bytes.buffer).getInt32(1)).toBe(value);
  },
);

test('joining keeps the order and does not copy a single chunk', () => {
  const chunk = Uint8Array.of(1, 2);
  expect(joinBytes([chunk])).toBe(chunk);
  expect(joinBytes([])).toEqual(new Uint8Array(0));
  expect(joinBytes([chunk, Uint8Array.of(), Uint8Array.of(3)])).toEqual(Uint8Array.of(1, 2, 3));
});

test('bytes are equal only if all of them are', () => {
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
});

test.each([
  '',
  'name',
  'a text longer than the short way for names takes',
  'größe',
  '\ufeffwith a mark',
  '😀 日本語',
])('the text %j is UTF-8 both ways', (text) => {
  const bytes = encodeUtf8(text);
  expect(bytes).toEqual(new Uint8Array(Buffer.from(text)));
  expect(decodeUtf8(bytes)).toBe(text);
  expect(decodeUtf8(joinBytes([Uint8Array.of(65), bytes, Uint8Array.of(66)]), 1, 1 + bytes.length)).toBe(
    text,
  );
});

test('bytes that are not UTF-8 stay distinct and come back as they were', () => {
  const latin1 = Uint8Array.of(0x67, 0x72, 0xf6, 0xdf, 0x65);
  const other = Uint8Array.of(0x67, 0x72, 0xf7, 0xdf, 0x65);
  expect(decodeUtf8(latin1)).not.toBe(decodeUtf8(other));
  expect(encodeUtf8(decodeUtf8(latin1))).toEqual(latin1);
  for (let run = 0; run < 200; run++) {
    const bytes = new Uint8Array(randomBytes(run % 60));
    expect(encodeUtf8(decodeUtf8(bytes)), Buffer.from(bytes).toString('hex')).toEqual(bytes);
  }
});
