// The packets that open a connection: each both ways, cut short, with something too much, and at random.
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { encodeUtf8, joinBytes, readInt32 } from './bytes.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import {
  encodeCancelRequest,
  encodeGssEncRequest,
  encodeSslRequest,
  encodeStartupMessage,
  parseStartupPacket,
  type StartupMessage,
} from './startup.ts';

function parsePacket(packet: Uint8Array) {
  expect(readInt32(packet, 0)).toBe(packet.length);
  return parseStartupPacket(packet.subarray(4));
}

function version(major: number, minor: number): Uint8Array {
  return Uint8Array.of(major >> 8, major, minor >> 8, minor);
}

test('SSLRequest and GSSENCRequest are what the docs say', () => {
  expect(encodeSslRequest()).toEqual(Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f));
  expect(encodeGssEncRequest()).toEqual(Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30));
  expect(parsePacket(encodeSslRequest())).toEqual({ kind: 'ssl' });
  expect(parsePacket(encodeGssEncRequest())).toEqual({ kind: 'gssenc' });
});

test.each([4, 32, 256])('a cancel request with a secret of %i bytes is read back', (length) => {
  const secretKey = Uint8Array.from({ length }, (_, i) => i);
  expect(parsePacket(encodeCancelRequest(-7, secretKey))).toEqual({
    kind: 'cancel',
    processId: -7,
    secretKey,
  });
});

test.each([0, 3, 257])('a cancel request with a secret of %i bytes is refused', (length) => {
  expect(() => parsePacket(encodeCancelRequest(1, new Uint8Array(length)))).toThrow(
    'invalid length of cancel request packet',
  );
});

test('a startup message is read back, its last value for a name counting', () => {
  const parameters: [string, string][] = [
    ['user', 'ann'],
    ['database', 'größe'],
    ['options', '-c search_path=a,b'],
    ['user', 'bob'],
    ['application_name', ''],
  ];
  const message = parsePacket(encodeStartupMessage(parameters)) as StartupMessage;
  expect(message).toMatchObject({ kind: 'startup', major: 3, minor: 0, protocolOptions: [] });
  expect(Object.fromEntries(message.parameters)).toEqual({
    user: 'bob',
    database: 'größe',
    options: '-c search_path=a,b',
    application_name: '',
  });
});

test('a newer minor version and its options are told apart from parameters', () => {
  const parameters: [string, string][] = [
    ['_pq_.report', 'on'],
    ['user', 'ann'],
  ];
  const message = parsePacket(encodeStartupMessage(parameters, 9999)) as StartupMessage;
  expect(message.minor).toBe(9999);
  expect(message.protocolOptions).toEqual(['_pq_.report']);
  expect([...message.parameters.keys()]).toEqual(['user']);
});

test.each([
  [2, 0],
  [4, 0],
  [0, 0],
  [65535, 1],
])('protocol %i.%i is refused with SQLSTATE 0A000', (major, minor) => {
  const packet = joinBytes([version(major, minor), Uint8Array.of(0)]);
  expect(() => parseStartupPacket(packet)).toThrow(
    expect.objectContaining({
      sqlstate: '0A000',
      message: `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.2`,
    }),
  );
});

const broken: [string, Uint8Array][] = [
  ['nothing', new Uint8Array(0)],
  ['half a version', Uint8Array.of(0, 3)],
  ['no terminator', version(3, 0)],
  ['a name without an end', joinBytes([version(3, 0), encodeUtf8('user')])],
  ['a name without a value', joinBytes([version(3, 0), encodeUtf8('user\0')])],
  ['a name whose value is the end', joinBytes([version(3, 0), encodeUtf8('user\0\0')])],
  ['no second terminator', joinBytes([version(3, 0), encodeUtf8('user\0ann\0')])],
  ['something after the end', joinBytes([version(3, 0), encodeUtf8('user\0ann\0\0more\0')])],
  ['an SSLRequest that goes on', joinBytes([encodeSslRequest().subarray(4), Uint8Array.of(0)])],
  ['more than the limit', new Uint8Array(10001)],
];
test.each(broken)('a startup packet with %s is refused', (_, packet) => {
  expect(() => parseStartupPacket(packet)).toThrow(ProtocolViolation);
});

test('a startup message cut at any offset is refused', () => {
  const packet = encodeStartupMessage([
    ['user', 'ann'],
    ['database', 'shop'],
  ]);
  for (let end = 4; end < packet.length; end++) {
    expect(() => parseStartupPacket(packet.subarray(4, end)), `cut at ${end}`).toThrow(ProtocolViolation);
  }
});

test('a zero byte cannot be smuggled into a parameter', () => {
  expect(() => encodeStartupMessage([['user', 'ann\0database\0other']])).toThrow(TypeError);
});

test('random packets are read or refused, and never crash', () => {
  const seed = randomInt(2 ** 32);
  let state = seed;
  const draw = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const starts = [
    version(3, 0),
    version(3, 2),
    encodeCancelRequest(1, new Uint8Array(0)).subarray(4),
    new Uint8Array(0),
  ];
  for (let run = 0; run < 500; run++) {
    const rest = Uint8Array.from({ length: draw(30) }, () => (draw(3) === 0 ? 0 : draw(256)));
    try {
      parseStartupPacket(joinBytes([starts[draw(starts.length)]!, rest]));
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw new Error(`seed=${seed}`, { cause: error });
    }
  }
});
