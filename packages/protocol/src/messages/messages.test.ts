// Every message made and read back whole, cut at every offset of its body, and decoders fed with random bytes.
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { encodeUtf8, readInt32 } from '../bytes.ts';
import { ClientMessage, ServerMessage } from '../message-type.ts';
import { ProtocolViolation } from '../protocol-violation.ts';
import { traceFrame } from '../trace.ts';
import * as authentication from './authentication.ts';
import * as copy from './copy.ts';
import * as errors from './error-fields.ts';
import * as extended from './extended-query.ts';
import * as greeting from './greeting.ts';
import * as password from './password.ts';
import * as simple from './query.ts';
import * as rows from './rows.ts';

const salt = Uint8Array.of(1, 2, 3, 4);
const secretKey = Uint8Array.from({ length: 32 }, (_, i) => i);
const fields = {
  severity: 'FEHLER',
  severityNonLocalized: 'ERROR',
  code: '42P01',
  message: 'no such thing',
  hint: 'make it',
  position: '7',
  where: 'here',
  routine: 'r',
};
const column = {
  name: 'größe',
  tableOid: 4294967295,
  columnNumber: 2,
  typeOid: 23,
  typeBytes: 4,
  typeModifier: -1,
  format: 1,
};
const copyFormats = { format: 1, columnFormats: [1, 1] };

interface Case {
  readonly name: string;
  readonly type: number;
  readonly frame: Uint8Array;
  readonly decode: (body: Uint8Array) => unknown;
  readonly value: unknown;
  /** A body cut short is another body of the same message, so that cutting it is no error. */
  readonly anyLength?: true;
}

const cases: Case[] = [
  {
    name: 'AuthenticationOk',
    type: ServerMessage.Authentication,
    frame: authentication.authenticationOk(),
    decode: authentication.decodeAuthentication,
    value: { kind: 'ok' },
  },
  {
    name: 'AuthenticationCleartextPassword',
    type: ServerMessage.Authentication,
    frame: authentication.authenticationCleartextPassword(),
    decode: authentication.decodeAuthentication,
    value: { kind: 'cleartext-password' },
  },
  {
    name: 'AuthenticationMD5Password',
    type: ServerMessage.Authentication,
    frame: authentication.authenticationMd5Password(salt),
    decode: authentication.decodeAuthentication,
    value: { kind: 'md5-password', salt },
  },
  {
    name: 'AuthenticationSASL',
    type: ServerMessage.Authentication,
    frame: authentication.authenticationSasl(['A', 'BC']),
    decode: authentication.decodeAuthentication,
    value: { kind: 'sasl', mechanisms: ['A', 'BC'] },
  },
  {
    name: 'AuthenticationSASLContinue',
    type: ServerMessage.Authentication,
    frame: authentication.authenticationSaslContinue('r=a'),
    decode: authentication.decodeAuthentication,
    value: { kind: 'sasl-continue', text: 'r=a' },
    anyLength: true,
  },
  {
    name: 'AuthenticationSASLFinal',
    type: ServerMessage.Authentication,
    frame: authentication.authenticationSaslFinal('v=a'),
    decode: authentication.decodeAuthentication,
    value: { kind: 'sasl-final', text: 'v=a' },
    anyLength: true,
  },
  {
    name: 'PasswordMessage',
    type: ClientMessage.Password,
    frame: password.passwordMessage('secret'),
    decode: password.decodePasswordMessage,
    value: 'secret',
  },
  {
    name: 'SASLInitialResponse',
    type: ClientMessage.Password,
    frame: password.saslInitialResponse('SCRAM-SHA-256', 'n,,n=,r=a'),
    decode: password.decodeSaslInitialResponse,
    value: { mechanism: 'SCRAM-SHA-256', text: 'n,,n=,r=a' },
  },
  {
    name: 'SASLResponse',
    type: ClientMessage.Password,
    frame: password.saslResponse('c=biws'),
    decode: password.decodeSaslResponse,
    value: 'c=biws',
    anyLength: true,
  },
  {
    name: 'ParameterStatus',
    type: ServerMessage.ParameterStatus,
    frame: greeting.parameterStatus('TimeZone', 'UTC'),
    decode: greeting.decodeParameterStatus,
    value: { name: 'TimeZone', value: 'UTC' },
  },
  {
    name: 'BackendKeyData',
    type: ServerMessage.BackendKeyData,
    frame: greeting.backendKeyData(77, secretKey),
    decode: greeting.decodeBackendKeyData,
    value: { processId: 77, secretKey },
    anyLength: true,
  },
  {
    name: 'ReadyForQuery',
    type: ServerMessage.ReadyForQuery,
    frame: greeting.readyForQuery('T'),
    decode: greeting.decodeReadyForQuery,
    value: 'T',
  },
  {
    name: 'NegotiateProtocolVersion',
    type: ServerMessage.NegotiateProtocolVersion,
    frame: greeting.negotiateProtocolVersion(2, ['_pq_.a', '_pq_.b']),
    decode: greeting.decodeNegotiateProtocolVersion,
    value: { newestMinor: 2, unknownOptions: ['_pq_.a', '_pq_.b'] },
  },
  {
    name: 'ErrorResponse',
    type: ServerMessage.ErrorResponse,
    frame: errors.errorResponse(fields),
    decode: errors.decodeErrorFields,
    value: fields,
  },
  {
    name: 'NoticeResponse',
    type: ServerMessage.NoticeResponse,
    frame: errors.noticeResponse(fields),
    decode: errors.decodeErrorFields,
    value: fields,
  },
  {
    name: 'Query',
    type: ClientMessage.Query,
    frame: simple.query('SELECT 1'),
    decode: simple.decodeQuery,
    value: 'SELECT 1',
  },
  {
    name: 'CommandComplete',
    type: ServerMessage.CommandComplete,
    frame: simple.commandComplete('INSERT 0 1'),
    decode: simple.decodeCommandComplete,
    value: 'INSERT 0 1',
  },
  {
    name: 'NotificationResponse',
    type: ServerMessage.NotificationResponse,
    frame: simple.notificationResponse(9, 'news', 'x'),
    decode: simple.decodeNotification,
    value: { processId: 9, channel: 'news', payload: 'x' },
  },
  {
    name: 'Parse',
    type: ClientMessage.Parse,
    frame: extended.parse('s1', 'SELECT $1', [23, 4294967295]),
    decode: extended.decodeParse,
    value: { name: 's1', text: 'SELECT $1', parameterTypeOids: [23, 4294967295] },
  },
  {
    name: 'Bind',
    type: ClientMessage.Bind,
    frame: extended.bind('p', 's1', ['5', null, salt], { resultFormats: [1] }),
    decode: extended.decodeBind,
    value: { portal: 'p', statement: 's1', restOffset: 5 },
    anyLength: true,
  },
  {
    name: 'Describe',
    type: ClientMessage.Describe,
    frame: extended.describe('S', 's1'),
    decode: extended.decodeDescribe,
    value: { kind: 'S', name: 's1' },
  },
  {
    name: 'Close',
    type: ClientMessage.Close,
    frame: extended.close('P', ''),
    decode: extended.decodeClose,
    value: { kind: 'P', name: '' },
  },
  {
    name: 'Execute',
    type: ClientMessage.Execute,
    frame: extended.execute('p', 10),
    decode: extended.decodeExecute,
    value: { portal: 'p', rowsMax: 10 },
  },
  {
    name: 'RowDescription',
    type: ServerMessage.RowDescription,
    frame: rows.rowDescription([column, { name: 'b' }]),
    decode: rows.decodeRowDescription,
    value: [
      column,
      { name: 'b', tableOid: 0, columnNumber: 0, typeOid: 25, typeBytes: -1, typeModifier: -1, format: 0 },
    ],
  },
  {
    name: 'DataRow',
    type: ServerMessage.DataRow,
    frame: rows.dataRow(['a', null, '']),
    decode: rows.decodeDataRow,
    value: [Uint8Array.of(97), null, new Uint8Array(0)],
  },
  {
    name: 'ParameterDescription',
    type: ServerMessage.ParameterDescription,
    frame: rows.parameterDescription([23]),
    decode: rows.decodeParameterDescription,
    value: [23],
  },
  {
    name: 'CopyInResponse',
    type: ServerMessage.CopyInResponse,
    frame: copy.copyInResponse(copyFormats),
    decode: copy.decodeCopyResponse,
    value: copyFormats,
  },
  {
    name: 'CopyOutResponse',
    type: ServerMessage.CopyOutResponse,
    frame: copy.copyOutResponse(copyFormats),
    decode: copy.decodeCopyResponse,
    value: copyFormats,
  },
  {
    name: 'CopyBothResponse',
    type: ServerMessage.CopyBothResponse,
    frame: copy.copyBothResponse(copyFormats),
    decode: copy.decodeCopyResponse,
    value: copyFormats,
  },
  {
    name: 'CopyFail',
    type: ClientMessage.CopyFail,
    frame: copy.copyFail('no'),
    decode: copy.decodeCopyFail,
    value: 'no',
  },
];

const clientMessages = new Set(
  'PasswordMessage SASLInitialResponse SASLResponse Query Parse Bind Describe Close Execute CopyFail'.split(
    ' ',
  ),
);

test.each(cases)('$name is made and read back', ({ type, frame, decode, value }) => {
  expect(frame[0]).toBe(type);
  expect(readInt32(frame, 1)).toBe(frame.length - 1);
  expect(decode(frame.subarray(5))).toEqual(value);
});

test.each(cases.filter((one) => !one.anyLength))(
  '$name cut at any offset is refused',
  ({ frame, decode }) => {
    for (let end = 5; end < frame.length; end++) {
      expect(() => decode(frame.subarray(5, end)), `cut at ${end}`).toThrow(ProtocolViolation);
    }
  },
);

test.each([
  ['BindComplete', extended.bindComplete(), ServerMessage.BindComplete],
  ['CloseComplete', extended.closeComplete(), ServerMessage.CloseComplete],
  ['CopyDone', copy.copyDone(), ClientMessage.CopyDone],
  ['EmptyQueryResponse', simple.emptyQueryResponse(), ServerMessage.EmptyQueryResponse],
  ['Flush', simple.flush(), ClientMessage.Flush],
  ['NoData', extended.noData(), ServerMessage.NoData],
  ['ParseComplete', extended.parseComplete(), ServerMessage.ParseComplete],
  ['PortalSuspended', extended.portalSuspended(), ServerMessage.PortalSuspended],
  ['Sync', simple.sync(), ClientMessage.Sync],
  ['Terminate', simple.terminate(), ClientMessage.Terminate],
])('%s is a header and nothing else', (_, frame, type) => {
  expect(frame).toEqual(Uint8Array.of(type, 0, 0, 0, 4));
});

test('Bind, FunctionCall, CopyData and FunctionCallResponse are byte for byte what the docs say', () => {
  expect(extended.bind('', 's', ['5', null], { parameterFormats: [0], resultFormats: [1] }).slice(5)).toEqual(
    Uint8Array.of(0, 0x73, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0x35, 255, 255, 255, 255, 0, 1, 0, 1),
  );
  expect(simple.functionCall(7, ['5', null], { argumentFormats: [1], resultFormat: 1 }).slice(5)).toEqual(
    Uint8Array.of(0, 0, 0, 7, 0, 1, 0, 1, 0, 2, 0, 0, 0, 1, 0x35, 255, 255, 255, 255, 0, 1),
  );
  expect(copy.copyData(salt)).toEqual(Uint8Array.of(0x64, 0, 0, 0, 8, 1, 2, 3, 4));
  expect(simple.functionCallResponse(null).slice(5)).toEqual(Uint8Array.of(255, 255, 255, 255));
});

test('every transaction status is read back, and no other byte is one', () => {
  for (const status of ['I', 'T', 'E'] as const) {
    expect(greeting.decodeReadyForQuery(greeting.readyForQuery(status).subarray(5))).toBe(status);
  }
  expect(() => greeting.decodeReadyForQuery(Uint8Array.of(0x58))).toThrow(ProtocolViolation);
  expect(() => greeting.decodeReadyForQuery(Uint8Array.of(0x49, 0x49))).toThrow(ProtocolViolation);
});

test('an error without the untranslated severity gets the other one, when sent and when read', () => {
  const { severityNonLocalized: _, ...few } = { ...fields, severity: 'ERROR' };
  expect(errors.decodeErrorFields(errors.errorResponse(few).subarray(5))).toEqual({
    ...fields,
    severity: 'ERROR',
  });
  expect(errors.decodeErrorFields(encodeUtf8('SFATAL\0Zunknown\0\0'))).toEqual({
    severity: 'FATAL',
    severityNonLocalized: 'FATAL',
    code: '',
    message: '',
  });
});

test('a renamed Parse or Bind differs in the name alone', () => {
  const body = extended.parse('old', 'SELECT $1', [23]).subarray(5);
  expect(extended.renameParse(body, 'a longer name')).toEqual(
    extended.parse('a longer name', 'SELECT $1', [23]),
  );
  const values = ['x'.repeat(300), null, salt];
  const bound = extended.bind('p', 'old', values, { parameterFormats: [0, 0, 1], resultFormats: [1] });
  expect(extended.renameBind(bound.subarray(5), '')).toEqual(
    extended.bind('p', '', values, { parameterFormats: [0, 0, 1], resultFormats: [1] }),
  );
});

test('a zero byte in a text is refused where it would end the text early', () => {
  expect(() => simple.query('SELECT 1\0; DROP')).toThrow(TypeError);
  expect(() => errors.errorResponse({ severity: 'ERROR', code: 'XX000', message: 'a\0b' })).toThrow(
    TypeError,
  );
});

test('counts and lengths that the body cannot hold are refused before memory is given', () => {
  expect(() => rows.decodeDataRow(Uint8Array.of(0x7f, 0xff, 0))).toThrow('insufficient data left in message');
  expect(() => rows.decodeDataRow(Uint8Array.of(0xff, 0xff))).toThrow(ProtocolViolation);
  expect(() => rows.decodeDataRow(Uint8Array.of(0, 1, 0x7f, 0xff, 0xff, 0xff))).toThrow(ProtocolViolation);
  expect(() => rows.decodeDataRow(Uint8Array.of(0, 1, 0xff, 0xff, 0xff, 0xfe))).toThrow(
    'invalid message format',
  );
});

test.each(cases)('$name has a line in the trace', ({ name, type, frame }) => {
  const sender = clientMessages.has(name) ? 'client' : 'server';
  const line = traceFrame(sender, type, frame.subarray(5));
  expect(line).not.toMatch(/unknown|malformed|secret|\n/);
});

test('the trace names what a message is about', () => {
  expect(traceFrame('client', 0x51, simple.query(`SELECT '${'x'.repeat(99)}'\n`).subarray(5))).toMatch(
    /^> Query "SELECT 'x{72}…"$/,
  );
  expect(traceFrame('server', 0x45, errors.errorResponse(fields).subarray(5))).toBe(
    '< ErrorResponse FEHLER 42P01 "no such thing"',
  );
  expect(traceFrame('server', 0x5a, Uint8Array.of(0x49))).toBe('< ReadyForQuery I');
  expect(traceFrame('client', 0x53, new Uint8Array(0))).toBe('> Sync');
  expect(traceFrame('server', 0x7e, new Uint8Array(3))).toBe('< unknown type 0x7e (3 bytes)');
  expect(traceFrame('client', 0x50, new Uint8Array(3))).toBe(
    '> Parse malformed: insufficient data left in message (3 bytes)',
  );
});

test('random bodies never crash a decoder', () => {
  const seed = randomInt(2 ** 32);
  let state = seed;
  const draw = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let run = 0; run < 40; run++) {
    for (const { name, frame, decode } of cases) {
      // Half of them are real bodies with one byte changed.
      const body = frame.slice(5);
      if (draw(2) === 0 && body.length > 0) body[draw(body.length)] = draw(256);
      else for (let i = 0; i < body.length; i++) body[i] = draw(3) === 0 ? 0 : draw(256);
      try {
        decode(body);
      } catch (error) {
        if (!(error instanceof ProtocolViolation)) throw new Error(`seed=${seed} ${name}`, { cause: error });
      }
      traceFrame(draw(2) === 0 ? 'client' : 'server', frame[0]!, body);
    }
  }
});
