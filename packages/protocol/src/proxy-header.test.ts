// Headers of proxies: what they say, and that no bytes do anything but say it or be refused.
import { expect, test } from 'vitest';
import { ProtocolViolation } from './protocol-violation.ts';
import {
  type ProxySource,
  parseProxyHeader,
  proxyHeaderRest,
  proxyHeaderStartBytes,
} from './proxy-header.ts';

const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const four = [192, 0, 2, 7, 198, 51, 100, 1, 0xd4, 0x31, 0x15, 0x38];
const six = [
  0x20,
  0x01,
  0x0d,
  0xb8,
  ...Array<number>(11).fill(0),
  9,
  ...Array<number>(16).fill(0),
  0x00,
  0x50,
  0x15,
  0x38,
];

function header(versionAndCommand: number, family: number, rest: number[], length = rest.length): Uint8Array {
  return Uint8Array.from([...signature, versionAndCommand, family, length >> 8, length & 0xff, ...rest]);
}

function read(bytes: Uint8Array): ProxySource | null {
  const start = bytes.subarray(0, proxyHeaderStartBytes);
  const rest = proxyHeaderRest(start);
  return parseProxyHeader(start, bytes.subarray(proxyHeaderStartBytes, proxyHeaderStartBytes + rest));
}

test('clients over IPv4 and IPv6 are named with their port, whatever follows the addresses', () => {
  expect(read(header(0x21, 0x11, four))).toEqual({ address: '192.0.2.7', port: 54321 });
  expect(read(header(0x21, 0x21, six))).toEqual({ address: '2001:db8:0:0:0:0:0:9', port: 80 });
  expect(read(header(0x21, 0x11, [...four, 0x04, 0x00, 0x01, 0x00]))).toEqual({
    address: '192.0.2.7',
    port: 54321,
  });
});

test('an IPv4 address inside an IPv6 one comes out as IPv4', () => {
  const mapped = [...Array<number>(10).fill(0), 0xff, 0xff, 192, 0, 2, 8];
  expect(read(header(0x21, 0x21, [...mapped, ...mapped, 0, 1, 0, 2]))).toEqual({
    address: '192.0.2.8',
    port: 1,
  });
});

test('a proxy that speaks for itself or does not know names nobody', () => {
  expect(read(header(0x20, 0x00, []))).toBeNull();
  expect(read(header(0x20, 0x11, four))).toBeNull();
  expect(read(header(0x21, 0x00, [1, 2, 3]))).toBeNull();
});

test.each([
  ['another version', header(0x11, 0x11, four)],
  ['an unknown command', header(0x22, 0x11, four)],
  ['UDP', header(0x21, 0x12, four)],
  ['a Unix socket', header(0x21, 0x31, Array<number>(216).fill(0))],
  ['an address cut short', header(0x21, 0x11, four.slice(0, 11))],
  ['an IPv6 address cut short', header(0x21, 0x21, six.slice(0, 35))],
  ['an impossible length', header(0x21, 0x11, four, 4097)],
  ['version 1', new TextEncoder().encode('PROXY TCP4 192.0.2.7 198.51.100.1 54321 5432\r\n')],
  ['nothing of it', new Uint8Array(16)],
])('%s is refused', (_, bytes) => {
  expect(() => read(bytes)).toThrow(ProtocolViolation);
});

test('100000 headers with random damage are read or refused, and nothing else', () => {
  // A fixed seed: whatever is found is found again.
  let state = 20_261_126;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const originals = [header(0x21, 0x11, four), header(0x21, 0x21, six), header(0x20, 0, [])];
  let refused = 0;
  for (let round = 0; round < 100_000; round++) {
    const original = originals[below(originals.length)]!;
    const bytes = original.slice(0, Math.max(proxyHeaderStartBytes, original.length - below(3) * below(12)));
    for (let damage = below(4); damage > 0; damage--) bytes[below(bytes.length)] = below(256);
    try {
      const source = read(bytes);
      if (source === null) continue;
      expect(source.address).toMatch(/^(\d{1,3}\.){3}\d{1,3}$|^([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$/);
      expect(source.port).toBeLessThan(65_536);
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(10_000);
  expect(refused).toBeLessThan(90_000);
});
