// Bytes that no honest client sends: malformed, oversized, truncated and random, for before and after login.
import {
  bind,
  ClientMessage,
  close,
  copyData,
  copyDone,
  copyFail,
  describe,
  encodeCancelRequest,
  encodeGssEncRequest,
  encodeSslRequest,
  encodeStartupMessage,
  execute,
  flush,
  functionCall,
  joinBytes,
  parse,
  passwordMessage,
  query,
  saslInitialResponse,
  saslResponse,
  sync,
  terminate,
} from '@weir/protocol';
import type { SeededRandom } from '../seeded-random.ts';

/** Names and bytes of one input. */
export interface HostileInput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Lengths that are wrong in every way a length can be. */
const wrongLengths = [
  0, 1, 3, 4, 5, 7, 8, 9, 10_000, 10_001, 10_004, 65_536, 0x1000_0000, 0x7fff_ffff, -1, -4, -0x8000_0000,
];

/** What may come before a login: startup packets and what looks like them. */
export function beforeLogin(random: SeededRandom, endpointLabel: string): HostileInput {
  const good = () =>
    encodeStartupMessage([
      ['user', 'app'],
      ['database', 'app'],
      ['options', `endpoint=${endpointLabel}`],
    ]);
  const named = (name: string, bytes: Uint8Array): HostileInput => ({ name, bytes });
  const makers: (() => HostileInput)[] = [
    () => named('random', random.bytes(random.below(2048))),
    () => named('zeros', new Uint8Array(random.below(64))),
    () =>
      named('wrong length', joinBytes([int32(random.pick(wrongLengths)), random.bytes(random.below(64))])),
    () =>
      named(
        'huge startup packet',
        joinBytes([int32(1_000_000), new Uint8Array(100_000 + random.below(200_000)).fill(97)]),
      ),
    () =>
      named(
        'many parameters',
        encodeStartupMessage(Array.from({ length: 800 }, (_, i) => [`p${i}`, 'x'] as const)),
      ),
    () =>
      named(
        'one parameter again and again',
        encodeStartupMessage(Array.from({ length: 900 }, () => ['user', 'app'] as const)),
      ),
    () => named('unknown version', version(random.pick([0, 1, 2, 4, 255, 1234]), random.below(65_536))),
    () =>
      named(
        'newer minor version',
        encodeStartupMessage(
          [
            ['user', 'app'],
            ['_pq_.unheard_of', '1'],
          ],
          random.pick([1, 2, 3, 9999]),
        ),
      ),
    () => named('no terminator', good().subarray(0, -1)),
    () => named('length without body', int32(random.pick([50, 1000, 9999]))),
    () => named('names that are not UTF-8', binaryStartup(random)),
    () => named('SSLRequest again and again', repeat(encodeSslRequest(), 2 + random.below(200))),
    () => named('GSSENCRequest again and again', repeat(encodeGssEncRequest(), 2 + random.below(200))),
    () =>
      named(
        'cancel request',
        encodeCancelRequest(random.below(65_536), random.bytes(random.pick([0, 1, 4, 32, 256, 1000]))),
      ),
    () => named('HTTP', new TextEncoder().encode('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')),
    () =>
      named(
        'half a ClientHello',
        joinBytes([Uint8Array.of(0x16, 3, 1, 2, 0, 1), random.bytes(random.below(600))]),
      ),
    () =>
      named(
        'unknown endpoint',
        encodeStartupMessage([
          ['user', 'app'],
          ['options', 'endpoint=ep-no-such-000000'],
        ]),
      ),
    () =>
      named(
        'unknown role',
        encodeStartupMessage([
          ['user', `r${random.below(1e9)}`],
          ['options', `endpoint=${endpointLabel}`],
        ]),
      ),
    () => named('queries without a login', joinBytes([query('select 1'), sync()])),
    () => named('bits flipped', flipBits(random, good())),
    () => named('truncated', good().subarray(0, random.below(good().length))),
    () => named('good, then random', joinBytes([good(), random.bytes(random.below(512))])),
  ];
  return random.pick(makers)();
}

/** What may come in the middle of a SCRAM exchange. */
export function duringLogin(random: SeededRandom): HostileInput {
  const text = () =>
    String.fromCharCode(...Array.from({ length: random.below(200) }, () => 32 + random.below(95)));
  const named = (name: string, bytes: Uint8Array): HostileInput => ({ name, bytes });
  const makers: (() => HostileInput)[] = [
    () => named('random', random.bytes(random.below(1024))),
    () => named('random password message', frame(ClientMessage.Password, random.bytes(random.below(512)))),
    () =>
      named(
        'unknown mechanism',
        saslInitialResponse(random.pick(['PLAIN', 'SCRAM-SHA-1', '', 'SCRAM-SHA-256-PLUS-PLUS']), text()),
      ),
    () => named('nonsense as first message', saslInitialResponse('SCRAM-SHA-256', text())),
    () =>
      named(
        'channel binding that was not done',
        saslInitialResponse('SCRAM-SHA-256-PLUS', `p=tls-unique,,n=,r=${text()}`),
      ),
    () => named('empty nonce', saslInitialResponse('SCRAM-SHA-256', 'n,,n=,r=')),
    () => named('a very long nonce', saslInitialResponse('SCRAM-SHA-256', `n,,n=,r=${'x'.repeat(60_000)}`)),
    () => named('nonsense as answer', saslResponse(text())),
    () =>
      named(
        'wrong proof',
        saslResponse(
          `c=biws,r=${text().replaceAll(',', '')},p=${btoa(String.fromCharCode(...random.bytes(32)))}`,
        ),
      ),
    () => named('cleartext password', passwordMessage('app-pw')),
    () =>
      named('queries instead of a password', joinBytes([query('select 1'), parse('', 'select 1'), sync()])),
    () =>
      named(
        'huge password message',
        header(ClientMessage.Password, random.pick([1_000_000, 0x7fff_fff0, -1, 0, 3])),
      ),
    () => named('startup packet again', encodeStartupMessage([['user', 'app']])),
  ];
  return random.pick(makers)();
}

/** What may come from a client that has logged in. */
export function afterLogin(random: SeededRandom): HostileInput {
  const named = (name: string, bytes: Uint8Array): HostileInput => ({ name, bytes });
  const anyType = () => random.pick(Object.values(ClientMessage));
  const makers: (() => HostileInput)[] = [
    () => named('random', random.bytes(random.below(4096))),
    () => named('unknown type', frame(random.below(256), random.bytes(random.below(64)))),
    () =>
      named(
        'wrong length',
        joinBytes([header(anyType(), random.pick(wrongLengths)), random.bytes(random.below(64))]),
      ),
    () => named('random body', frame(anyType(), random.bytes(random.below(256)))),
    () =>
      named('random body, then sync', joinBytes([frame(anyType(), random.bytes(random.below(256))), sync()])),
    () => named('truncated query', query('select 1').subarray(0, 1 + random.below(12))),
    () =>
      named(
        'half of a large query',
        joinBytes([header(ClientMessage.Query, 1_000_000), random.bytes(random.below(4096))]),
      ),
    () => named('query without terminator', frame(ClientMessage.Query, new TextEncoder().encode('select 1'))),
    () =>
      named(
        'query of random bytes',
        frame(ClientMessage.Query, joinBytes([random.bytes(random.below(200)), Uint8Array.of(0)])),
      ),
    () => named('messages in random order', senselessMessages(random)),
    () => named('messages in random order, bits flipped', flipBits(random, senselessMessages(random))),
    () =>
      named(
        'copy data without a copy',
        joinBytes([copyData(random.bytes(500)), copyDone(), copyFail('no'), sync()]),
      ),
    () =>
      named(
        'left in a copy',
        joinBytes([query('copy pg_temp_none from stdin'), copyData(random.bytes(random.below(100)))]),
      ),
    () =>
      named(
        'bind and execute of what is not there',
        joinBytes([bind('p', 's'), execute('p'), sync(), execute('x'), sync()]),
      ),
    () =>
      named(
        'never synced',
        repeat(joinBytes([parse('', 'select 1'), bind('', ''), execute('')]), 1 + random.below(50)),
      ),
    () => named('flushes', joinBytes([parse('', 'select 1'), repeat(flush(), 1 + random.below(100))])),
    () =>
      named(
        'terminate in the middle',
        joinBytes([query('begin'), query('select 1'), terminate(), random.bytes(64)]),
      ),
    () => named('SSLRequest', encodeSslRequest()),
    () => named('password message', saslResponse('late')),
    () => named('a function that is not there', functionCall(random.below(100_000), ['1'])),
  ];
  return random.pick(makers)();
}

function senselessMessages(random: SeededRandom): Uint8Array {
  const name = () => random.pick(['', 'a', 'b']);
  const makers: (() => Uint8Array)[] = [
    () =>
      query(
        random.pick([
          'select 1',
          'begin',
          'commit',
          'rollback',
          'selec',
          '',
          ';;',
          'select 1; select 2',
          'select 1/0',
        ]),
      ),
    () => parse(name(), random.pick(['select $1::int', 'select 1', 'nonsense', 'begin', 'rollback'])),
    () => bind(name(), name(), random.pick([[], ['1'], ['x', 'y'], [null]])),
    () => describe(random.pick(['S', 'P'] as const), name()),
    () => execute(name(), random.pick([0, 1, 1000])),
    () => close(random.pick(['S', 'P'] as const), name()),
    () => flush(),
    () => sync(),
    () => copyDone(),
  ];
  const messages = Array.from({ length: 1 + random.below(30) }, () => random.pick(makers)());
  if (random.oneIn(2)) messages.push(sync());
  return joinBytes(messages);
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value);
  return bytes;
}

/** A type byte and a length that promises whatever it says. */
function header(type: number, length: number): Uint8Array {
  return joinBytes([Uint8Array.of(type), int32(length)]);
}

function frame(type: number, body: Uint8Array): Uint8Array {
  return joinBytes([header(type, body.length + 4), body]);
}

function version(major: number, minor: number): Uint8Array {
  return joinBytes([
    int32(17),
    int32((major << 16) | minor),
    new TextEncoder().encode('user\0a\0\0'),
    Uint8Array.of(0),
  ]);
}

function binaryStartup(random: SeededRandom): Uint8Array {
  const body = joinBytes([int32(3 << 16), random.bytes(20 + random.below(200)), Uint8Array.of(0, 0)]);
  return joinBytes([int32(body.length + 4), body]);
}

function flipBits(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let flips = 1 + random.below(8); flips > 0; flips -= 1) {
    copy[random.below(copy.length)]! ^= 1 << random.below(8);
  }
  return copy;
}

function repeat(bytes: Uint8Array, times: number): Uint8Array {
  return joinBytes(Array.from({ length: times }, () => bytes));
}
