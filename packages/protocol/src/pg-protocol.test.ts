// pg-protocol, the codec of node-postgres, as a referee: each side reads what the other writes.
import { Readable } from 'node:stream';
import { parse as parseStream, serialize } from 'pg-protocol';
import { expect, test } from 'vitest';
import {
  authenticationOk,
  authenticationSasl,
  backendKeyData,
  bind,
  bindComplete,
  ClientMessage,
  close,
  commandComplete,
  copyData,
  copyDone,
  copyFail,
  dataRow,
  decodeBind,
  decodeClose,
  decodeCopyFail,
  decodeDescribe,
  decodeExecute,
  decodeParse,
  decodeQuery,
  decodeSaslInitialResponse,
  decodeSaslResponse,
  describe as describeMessage,
  encodeCancelRequest,
  encodeSslRequest,
  errorResponse,
  execute,
  flush,
  joinBytes,
  noticeResponse,
  notificationResponse,
  parameterDescription,
  parameterStatus,
  parse,
  parseComplete,
  parseStartupPacket,
  portalSuspended,
  query,
  readyForQuery,
  rowDescription,
  saslInitialResponse,
  saslResponse,
  sync,
  terminate,
} from './index.ts';

const cases: readonly [string, Uint8Array, Uint8Array][] = [
  ['Query', query('select 1 -- ö'), serialize.query('select 1 -- ö')],
  ['Parse', parse('s', 'select $1', [23]), serialize.parse({ name: 's', text: 'select $1', types: [23] })],
  ['Bind', bind('p', 's', ['a', null]), serialize.bind({ portal: 'p', statement: 's', values: ['a', null] })],
  ['Execute', execute('p', 7), serialize.execute({ portal: 'p', rows: 7 })],
  ['Describe', describeMessage('S', 's'), serialize.describe({ type: 'S', name: 's' })],
  ['Close', close('P', 'p'), serialize.close({ type: 'P', name: 'p' })],
  ['Flush', flush(), serialize.flush()],
  ['Sync', sync(), serialize.sync()],
  ['Terminate', terminate(), serialize.end()],
  ['CopyData', copyData(Buffer.from('1\t2\n')), serialize.copyData(Buffer.from('1\t2\n'))],
  ['CopyDone', copyDone(), serialize.copyDone()],
  ['CopyFail', copyFail('no'), serialize.copyFail('no')],
  ['CancelRequest', encodeCancelRequest(7, Buffer.from([0, 0, 0, 9])), serialize.cancel(7, 9)],
  ['SSLRequest', encodeSslRequest(), serialize.requestSsl()],
  [
    'SASLInitialResponse',
    saslInitialResponse('SCRAM-SHA-256', 'n,,n=*,r=x'),
    serialize.sendSASLInitialResponseMessage('SCRAM-SHA-256', 'n,,n=*,r=x'),
  ],
  ['SASLResponse', saslResponse('c=biws'), serialize.sendSCRAMClientFinalMessage('c=biws')],
];

/** What stands in a message however its optional parts are chosen. */
function meaning(frame: Uint8Array): unknown {
  const body = frame.subarray(5);
  switch (frame[0]) {
    case ClientMessage.Query:
      return decodeQuery(body);
    case ClientMessage.Parse:
      return decodeParse(body);
    case ClientMessage.Bind: {
      const { portal, statement } = decodeBind(body);
      return { portal, statement };
    }
    case ClientMessage.Describe:
      return decodeDescribe(body);
    case ClientMessage.Close:
      return decodeClose(body);
    case ClientMessage.Execute:
      return decodeExecute(body);
    case ClientMessage.CopyFail:
      return decodeCopyFail(body);
    default:
      return Buffer.from(frame).toString('hex');
  }
}

test.each(cases)('%s is written as pg-protocol writes it', (_name, ours, theirs) => {
  expect(meaning(ours)).toEqual(meaning(theirs));
  expect(ours[0]).toBe(theirs[0]);
});

test('a startup message of pg-protocol is read', () => {
  const packet = parseStartupPacket(serialize.startup({ user: 'app', database: 'shop' }).subarray(4));
  expect(packet).toMatchObject({ kind: 'startup' });
  const { parameters } = packet as { parameters: Iterable<readonly [string, string]> };
  expect(Object.fromEntries(parameters)).toMatchObject({ user: 'app', database: 'shop' });
});

test('the parts of SASL are read as pg-protocol wrote them', () => {
  const first = serialize.sendSASLInitialResponseMessage('SCRAM-SHA-256', 'n,,n=*,r=x');
  expect(decodeSaslInitialResponse(first.subarray(5))).toEqual({
    mechanism: 'SCRAM-SHA-256',
    text: 'n,,n=*,r=x',
  });
  expect(decodeSaslResponse(serialize.sendSCRAMClientFinalMessage('c=biws').subarray(5))).toBe('c=biws');
});

test("pg-protocol reads a server's messages as they were meant", async () => {
  const fields = { severity: 'ERROR', code: '22012', message: 'division by zero', hint: 'none' };
  const stream = joinBytes([
    authenticationSasl(['SCRAM-SHA-256']),
    authenticationOk(),
    parameterStatus('TimeZone', 'UTC'),
    backendKeyData(7, Buffer.from([0, 0, 0, 9])),
    readyForQuery('I'),
    parseComplete(),
    parameterDescription([23]),
    rowDescription([{ name: 'größe' }]),
    bindComplete(),
    dataRow(['1', null]),
    portalSuspended(),
    commandComplete('SELECT 1'),
    noticeResponse({ ...fields, severity: 'NOTICE' }),
    notificationResponse(7, 'news', 'otter'),
    errorResponse(fields),
    readyForQuery('E'),
  ]);
  const read: Record<string, unknown>[] = [];
  await parseStream(Readable.from([Buffer.from(stream)], { objectMode: false }), (message) => {
    read.push(message as unknown as Record<string, unknown>);
  });
  expect(read.map(({ name }) => name)).toEqual([
    'authenticationSASL',
    'authenticationOk',
    'parameterStatus',
    'backendKeyData',
    'readyForQuery',
    'parseComplete',
    'parameterDescription',
    'rowDescription',
    'bindComplete',
    'dataRow',
    'portalSuspended',
    'commandComplete',
    'notice',
    'notification',
    'error',
    'readyForQuery',
  ]);
  expect(read[2]).toMatchObject({ parameterName: 'TimeZone', parameterValue: 'UTC' });
  expect(read[3]).toMatchObject({ processID: 7, secretKey: 9 });
  expect(read[7]).toMatchObject({ fields: [{ name: 'größe' }] });
  expect(read[9]).toMatchObject({ fields: ['1', null] });
  expect(read[14]).toMatchObject(fields);
  expect(read[15]).toMatchObject({ status: 'E' });
});
