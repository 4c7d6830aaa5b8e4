// FrameReader and FrameScanner over the same streams: whole, a byte at a time, cut at every offset, and random bytes.
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { joinBytes, writeInt32 } from './bytes.ts';
import { type Frame, FrameReader } from './frame-reader.ts';
import { FrameScanner } from './frame-scanner.ts';
import { readyForQuery } from './messages/greeting.ts';
import { commandComplete, query, sync } from './messages/query.ts';
import { dataRow } from './messages/rows.ts';
import { ProtocolViolation } from './protocol-violation.ts';

const frames = [
  query('SELECT 1'),
  sync(),
  dataRow(['x'.repeat(70), null]),
  commandComplete('SELECT 1'),
  readyForQuery('I'),
];
const stream = joinBytes(frames);
const expected = frames.map((frame) => ({ type: frame[0]!, body: frame.slice(5) }));
const commandCompleteType = 0x43;
const dataRowType = 0x44;

function readAll(chunks: readonly Uint8Array[]): Frame[] {
  const reader = new FrameReader(1000);
  const found: Frame[] = [];
  // One buffer for all chunks, as a socket reads: what the reader needs later it must have copied.
  const buffer = new Uint8Array(stream.length + 7);
  for (const chunk of chunks) {
    buffer.set(chunk, 3);
    reader.push(buffer, 3, 3 + chunk.length);
    for (let frame = reader.next(); frame !== null; frame = reader.next()) {
      found.push({ type: frame.type, body: frame.body.slice() });
    }
    buffer.fill(0xff);
  }
  return found;
}

interface Scanned {
  type: number;
  bodyBytes: number;
  start: number;
  end: number;
  body: Uint8Array | null;
}

function scanAll(chunks: readonly Uint8Array[]): Scanned[] {
  const watched = [commandCompleteType, dataRowType];
  const scanner = new FrameScanner({ bodyBytesMax: 1000, watched, watchedBytesMax: 50 });
  const found: Scanned[] = [];
  const buffer = new Uint8Array(stream.length + 7);
  let base = 0;
  for (const chunk of chunks) {
    buffer.set(chunk, 3);
    scanner.feed(buffer, 3, 3 + chunk.length);
    while (scanner.next()) {
      const { type, bodyBytes, frameStart, frameEnd, body } = scanner;
      found.push({
        type,
        bodyBytes,
        start: base + frameStart - 3,
        end: base + frameEnd - 3,
        body: body?.slice() ?? null,
      });
    }
    buffer.fill(0xff);
    base += chunk.length;
    const ends = found.at(-1)?.end ?? 0;
    expect(scanner.atBoundary).toBe(ends === base);
  }
  return found;
}

const scanExpected: Scanned[] = [];
for (const { type, body } of expected) {
  const start = scanExpected.at(-1)?.end ?? 0;
  // Of the watched ones the row is too long to be kept.
  const kept = type === commandCompleteType ? body : null;
  scanExpected.push({ type, bodyBytes: body.length, start, end: start + 5 + body.length, body: kept });
}

test('a stream that comes whole is cut into its frames', () => {
  expect(readAll([stream])).toEqual(expected);
  expect(scanAll([stream])).toEqual(scanExpected);
});

test('a stream that comes a byte at a time is cut into the same frames', () => {
  const chunks = Array.from(stream, (byte) => Uint8Array.of(byte));
  expect(readAll(chunks)).toEqual(expected);
  expect(scanAll(chunks)).toEqual(scanExpected);
});

test('a stream cut at every offset, once and twice, is cut into the same frames', () => {
  for (let first = 0; first <= stream.length; first++) {
    const two = [stream.subarray(0, first), stream.subarray(first)];
    expect(readAll(two)).toEqual(expected);
    expect(scanAll(two)).toEqual(scanExpected);
    for (let second = first; second <= stream.length; second += 11) {
      const three = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)];
      const found = readAll(three);
      const scanned = scanAll(three);
      // Comparing only what differs keeps thousands of comparisons quick.
      if (JSON.stringify(found) !== JSON.stringify(expected)) expect(found).toEqual(expected);
      if (JSON.stringify(scanned) !== JSON.stringify(scanExpected)) expect(scanned).toEqual(scanExpected);
    }
  }
});

test('chunks pushed before the frames were taken stay in order', () => {
  const reader = new FrameReader(1000);
  for (let i = 0; i < stream.length; i += 4) reader.push(stream.subarray(i, i + 4));
  expect(reader.bufferedBytes).toBe(stream.length);
  const found: Frame[] = [];
  for (let frame = reader.next(); frame !== null; frame = reader.next()) found.push(frame);
  expect(found).toEqual(expected);
  expect(reader.bufferedBytes).toBe(0);
});

test('another reader can go on where the first one stopped', () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    const reader = new FrameReader(1000);
    reader.push(stream.subarray(0, cut));
    const first = reader.next();
    if (cut % 2 === 0) reader.next();
    const consumed = cut % 2 === 0 ? null : first;
    const rest = reader.takeRest();
    expect(reader.bufferedBytes).toBe(0);
    if (consumed !== null)
      expect(joinBytes([stream.subarray(0, 5 + consumed.body.length), rest])).toEqual(
        stream.subarray(0, cut),
      );
  }
});

test('whole frames are views on what was pushed, not copies', () => {
  const reader = new FrameReader(1000);
  reader.push(stream);
  expect(reader.next()!.body.buffer).toBe(stream.buffer);
});

test.each([0, 3, -1, -2147483648])('a length of %i cannot be', (length) => {
  const header = frameHeader(length);
  expect(() => readAll([header])).toThrow(ProtocolViolation);
  expect(() => scanAll([header])).toThrow('invalid message length');
  expect(() => readAll([header.subarray(0, 2), header.subarray(2)])).toThrow(ProtocolViolation);
});

test('a body over the limit is refused at its header, and one of just the limit is not', () => {
  const limit = 1000;
  expect(() => readAll([frameHeader(limit + 5)])).toThrow('message of 1001 bytes passes the limit of 1000');
  expect(() => scanAll([frameHeader(limit + 5)])).toThrow(ProtocolViolation);
  expect(readAll([frameHeader(limit + 4)])).toEqual([]);
});

test('memory follows what arrived and not what a length claims', () => {
  const reader = new FrameReader(0x7fffffff - 4);
  reader.push(frameHeader(0x7fffffff));
  expect(reader.next()).toBeNull();
  reader.push(Uint8Array.of(1, 2, 3));
  expect(reader.next()).toBeNull();
  expect(reader.bufferedBytes).toBe(8);
});

test('random bytes in random pieces never crash the readers, and both see the same frames', () => {
  const seed = randomInt(2 ** 32);
  let state = seed;
  const draw = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let run = 0; run < 500; run++) {
    const reader = new FrameReader(600);
    const scanner = new FrameScanner({ bodyBytesMax: 600, watched: [0, 1, 2], watchedBytesMax: 100 });
    const seen: string[] = [];
    const scanned: string[] = [];
    try {
      for (let piece = draw(6); piece >= 0; piece--) {
        // Small bytes make lengths that are possible now and then.
        const small = draw(3) === 0;
        const bytes = Uint8Array.from({ length: draw(40) }, () => (small ? draw(4) : draw(256)));
        for (let i = 1; i + 3 < bytes.length && draw(2) === 0; i += 9) writeInt32(bytes, i, 4 + draw(9));
        scanner.feed(bytes);
        while (scanner.next()) scanned.push(`${scanner.type} ${scanner.bodyBytes}`);
        reader.push(bytes);
        for (let frame = reader.next(); frame !== null; frame = reader.next()) {
          seen.push(`${frame.type} ${frame.body.length}`);
        }
        expect(scanned, `seed=${seed}`).toEqual(seen);
      }
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw new Error(`seed=${seed}`, { cause: error });
    }
  }
});

function frameHeader(length: number): Uint8Array {
  const header = Uint8Array.of(0x51, 0, 0, 0, 0);
  writeInt32(header, 1, length);
  return header;
}
