// Negotiation over real sockets: every way in, every way to be refused, and bytes that are no way at all.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { ensureDevCertificates } from '@weir/local-servers';
import {
  AddressRanges,
  type Listener,
  listen,
  loadServerCertificates,
  type ServerCertificates,
} from '@weir/net';
import {
  authenticationOk,
  decodeErrorFields,
  encodeCancelRequest,
  encodeGssEncRequest,
  encodeSslRequest,
  encodeStartupMessage,
  FrameReader,
} from '@weir/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asPoolerError, PoolerError } from '../errors.ts';
import { openGate } from '../testing/open-gate.ts';
import { type NegotiateDeps, type Negotiated, negotiate } from './negotiate.ts';
import { outcomeOf } from './steps.ts';

const dir = mkdtempSync(join(tmpdir(), 'weir-negotiate-test-'));
let certificates: ServerCertificates;
let caPem: string;

beforeAll(async () => {
  const made = await ensureDevCertificates({ dir, domain: 'db.localhost' });
  certificates = loadServerCertificates([made]);
  caPem = made.caPem;
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Front {
  readonly listener: Listener;
  /** What became of the next connection. */
  next(): Promise<Negotiated | PoolerError>;
  [Symbol.asyncDispose](): Promise<void>;
}

async function startFront(
  options: {
    tls?: boolean;
    loginTimeoutMs?: number;
    proxies?: AddressRanges;
    gate?: NegotiateDeps['gate'];
  } = {},
): Promise<Front> {
  const ended: (Negotiated | PoolerError)[] = [];
  const waiting: ((outcome: Negotiated | PoolerError) => void)[] = [];
  const put = (outcome: Negotiated | PoolerError) => {
    const take = waiting.shift();
    if (take) take(outcome);
    else ended.push(outcome);
  };
  const deps = {
    certificates: options.tls === false ? null : certificates,
    loginTimeoutMs: options.loginTimeoutMs ?? 120_000,
    domains: ['db.localhost'],
    gate: options.gate ?? openGate,
  };
  const listener = await listen({ host: '127.0.0.1', port: 0 }, (connection) => {
    outcomeOf(negotiate(connection, deps, options.proxies ?? null)).then(
      (negotiated) => {
        negotiated.channel.setDeadline(null);
        // Something that a client can wait for.
        if (negotiated.kind === 'client') negotiated.channel.write(authenticationOk());
        else negotiated.connection.end();
        put(negotiated);
      },
      (error) => put(asPoolerError(error)),
    );
  });
  return {
    listener,
    next: () => {
      const outcome = ended.shift();
      return outcome ? Promise.resolve(outcome) : new Promise((resolve) => waiting.push(resolve));
    },
    [Symbol.asyncDispose]: () => listener.close(),
  };
}

/** A client on a socket: writes bytes, collects what comes. */
class RawClient {
  received = Buffer.alloc(0);
  ended = false;
  socket: Socket;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#wake();
    });
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        this.ended = true;
        this.#wake();
      });
    }
  }

  async until(enough: () => boolean): Promise<void> {
    while (!enough() && !this.ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The fields of the error that ends the connection. */
  async refusal() {
    await this.until(() => false);
    const reader = new FrameReader(65_536);
    reader.push(this.received);
    for (let frame = reader.next(); frame !== null; frame = reader.next()) {
      if (frame.type === 0x45) {
        const { severity, code, message } = decodeErrorFields(frame.body);
        return `${severity} ${code} ${message}`;
      }
    }
    throw new Error(`no error in ${JSON.stringify(this.received.toString('latin1'))}`);
  }
}

function dial(front: Front): RawClient {
  return new RawClient(connect(front.listener.port, '127.0.0.1'));
}

async function tlsOver(
  socket: Socket,
  alpn: string[] = [],
  servername = 'ep-x.db.localhost',
): Promise<TLSSocket> {
  socket.removeAllListeners('data');
  const tls = connectTls({ socket, ca: caPem, servername, ALPNProtocols: alpn });
  await new Promise<void>((resolve, reject) => {
    tls.once('secureConnect', resolve);
    tls.once('error', reject);
  });
  return tls;
}

const startup = encodeStartupMessage([
  ['user', 'app'],
  ['database', 'shop'],
]);

test('a plain startup message arrives with its parameters', async () => {
  await using front = await startFront();
  const client = dial(front);
  client.socket.write(startup);
  const negotiated = await front.next();
  expect(negotiated).toMatchObject({ kind: 'client', tls: null, startup: { minor: 0, protocolOptions: [] } });
  expect(negotiated).toHaveProperty(
    'startup.parameters',
    new Map([
      ['user', 'app'],
      ['database', 'shop'],
    ]),
  );
  client.socket.destroy();
});

test('a startup message arrives whole however it is cut', async () => {
  await using front = await startFront();
  for (let cut = 1; cut < startup.length; cut += 3) {
    const client = dial(front);
    client.socket.setNoDelay(true);
    client.socket.write(startup.subarray(0, cut), () => client.socket.write(startup.subarray(cut)));
    expect(await front.next()).toMatchObject({ kind: 'client' });
    client.socket.destroy();
  }
});

test('GSSENCRequest is answered N, SSLRequest S, and the name of SNI and the binding hash are there', async () => {
  await using front = await startFront();
  const client = dial(front);
  client.socket.write(encodeGssEncRequest());
  await client.until(() => client.received.length === 1);
  client.socket.write(encodeSslRequest());
  await client.until(() => client.received.length === 2);
  expect(client.received.toString()).toBe('NS');
  const tls = await tlsOver(client.socket);
  tls.write(startup);
  const negotiated = await front.next();
  expect(negotiated).toMatchObject({ kind: 'client', tls: { servername: 'ep-x.db.localhost', alpn: null } });
  expect(negotiated).toHaveProperty('tls.endPointHash.length', 32);
  tls.destroy();
});

test('direct TLS needs ALPN', async () => {
  await using front = await startFront();
  const good = await tlsOver(dial(front).socket, ['postgresql']);
  good.write(startup);
  expect(await front.next()).toMatchObject({ kind: 'client', tls: { alpn: 'postgresql' } });
  good.destroy();
  const tls = await tlsOver(dial(front).socket);
  expect(await new RawClient(tls).refusal()).toContain('without ALPN protocol negotiation extension');
  expect(await front.next()).toMatchObject({ code: 'PROTOCOL_VIOLATION' });
});

test('without certificates SSLRequest is answered N, and direct TLS is named', async () => {
  await using front = await startFront({ tls: false });
  const client = dial(front);
  client.socket.write(encodeSslRequest());
  await client.until(() => client.received.length === 1);
  expect(client.received.toString()).toBe('N');
  client.socket.write(startup);
  expect(await front.next()).toMatchObject({ kind: 'client', tls: null });
  client.socket.destroy();
  const direct = dial(front);
  direct.socket.write(Buffer.from([0x16, 3, 1, 0, 5]));
  expect(await front.next()).toMatchObject({ code: 'NOT_POSTGRES', data: { what: 'a TLS handshake' } });
});

test('bytes stuffed behind a request for encryption are refused', async () => {
  await using front = await startFront();
  for (const request of [encodeSslRequest(), encodeGssEncRequest()]) {
    const client = dial(front);
    client.socket.write(Buffer.concat([request, startup]));
    expect(await client.refusal()).toMatch(/^FATAL 08P01 received unencrypted data after .* request$/);
    expect(await front.next()).toMatchObject({ code: 'PROTOCOL_VIOLATION' });
  }
});

test('each request for encryption may be made once', async () => {
  await using front = await startFront({ tls: false });
  for (const request of [encodeSslRequest(), encodeGssEncRequest()]) {
    const client = dial(front);
    client.socket.write(request);
    await client.until(() => client.received.length === 1);
    client.socket.write(request);
    await client.until(() => false);
    expect(await front.next()).toMatchObject({ code: 'PROTOCOL_VIOLATION' });
  }
});

test('cancel requests with short and long keys arrive, and get no answer', async () => {
  await using front = await startFront();
  for (const bytes of [4, 32, 256]) {
    const client = dial(front);
    const secretKey = new Uint8Array(bytes).fill(7);
    client.socket.write(encodeCancelRequest(-5, secretKey));
    expect(await front.next()).toMatchObject({ kind: 'cancel', processId: -5, secretKey });
    await client.until(() => false);
    expect(client.received.length).toBe(0);
  }
  for (const bytes of [0, 3, 257]) {
    const client = dial(front);
    client.socket.write(encodeCancelRequest(1, new Uint8Array(bytes)));
    expect(await front.next()).toMatchObject({ code: 'PROTOCOL_VIOLATION' });
  }
});

test('newer minor versions and unknown options are negotiated down to 3.2', async () => {
  await using front = await startFront();
  const negotiated = async (minor: number, options: [string, string][] = []) => {
    const client = dial(front);
    client.socket.write(encodeStartupMessage([['user', 'app'], ...options], minor));
    const outcome = (await front.next()) as Extract<Negotiated, { kind: 'client' }>;
    await client.until(() => client.received.includes(Buffer.from(authenticationOk())));
    client.socket.destroy();
    return [
      outcome.startup.minor,
      client.received.subarray(0, -authenticationOk().length).toString('latin1'),
    ];
  };
  const version = (bytes: string) => `v\0\0\0${bytes}`;
  expect(await negotiated(0)).toEqual([0, '']);
  expect(await negotiated(2)).toEqual([2, '']);
  expect(await negotiated(9999)).toEqual([2, version('\x0c\0\x03\0\x02\0\0\0\0')]);
  expect(await negotiated(0, [['_pq_.new', '1']])).toEqual([
    0,
    version('\x15\0\x03\0\0\0\0\0\x01_pq_.new\0'),
  ]);
});

test('other major versions, impossible lengths and texts that are not UTF-8 are refused in words of Postgres', async () => {
  await using front = await startFront();
  const said = async (bytes: Uint8Array) => {
    const client = dial(front);
    client.socket.write(bytes);
    const text = await client.refusal();
    await front.next();
    return text;
  };
  expect(await said(Buffer.from([0, 0, 0, 8, 0, 2, 0, 0]))).toBe(
    'FATAL 0A000 unsupported frontend protocol 2.0: server supports 3.0 to 3.2',
  );
  const invalid = 'FATAL 08P01 invalid length of startup packet';
  expect(await said(Buffer.from([0, 0, 0, 0]))).toBe(invalid);
  expect(await said(Buffer.from([0, 0, 0x40, 0]))).toBe(invalid);
  expect(await said(Buffer.from([0xff, 0xff, 0xff, 0xff]))).toBe(invalid);
  const unended = Buffer.from('\0\0\0\x0f\0\x03\0\0user\0x\0', 'latin1');
  expect(await said(unended)).toMatch(/^FATAL 08P01 /);
  const latin1 = Buffer.from('\0\0\0\0\0\x03\0\0user\0j\xf6rg\0\0', 'latin1');
  latin1.writeInt32BE(latin1.length, 0);
  expect(await said(latin1)).toContain('invalid byte sequence');
});

test('programs that speak something else are told so, HTTP in HTTP', async () => {
  await using front = await startFront();
  const client = dial(front);
  client.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await client.until(() => false);
  expect(client.received.toString()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*Postgres protocol/);
  expect(await front.next()).toMatchObject({ code: 'NOT_POSTGRES' });
  const ssh = dial(front);
  ssh.socket.write('SSH-2.0-OpenSSH_9.2\r\n');
  expect(await ssh.refusal()).toBe(
    'FATAL 08P01 this port speaks the Postgres protocol, and the client sent an SSH greeting',
  );
});

test('a client that says too little too slowly is ended at the login timeout', async () => {
  await using front = await startFront({ loginTimeoutMs: 150 });
  const silent = dial(front);
  expect(await silent.refusal()).toBe('FATAL 57014 canceling authentication due to timeout');
  expect(await front.next()).toMatchObject({ code: 'STARTUP_TIMEOUT' });
  const half = dial(front);
  half.socket.write(encodeSslRequest());
  await half.until(() => false);
  expect(await front.next()).toMatchObject({ code: 'STARTUP_TIMEOUT' });
});

test('a client that leaves at once is no error worth more than a debug line', async () => {
  await using front = await startFront();
  dial(front).socket.end();
  const outcome = (await front.next()) as PoolerError;
  expect([outcome.code, outcome.logLevel]).toEqual(['CLIENT_GONE', 'debug']);
});

test('random and damaged bytes end in an error or a login, never in silence', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed=${seed}`);
  const random = mulberry32(seed);
  await using front = await startFront({ loginTimeoutMs: 300 });
  const valid = [
    startup,
    encodeSslRequest(),
    encodeGssEncRequest(),
    encodeCancelRequest(1, new Uint8Array(4)),
  ];
  for (let batch = 0; batch < 10; batch++) {
    const outcomes = Array.from({ length: 20 }, async () => {
      const bytes =
        random() < 0.5
          ? Uint8Array.from({ length: Math.floor(random() * 64) + 1 }, () => Math.floor(random() * 256))
          : damaged(valid[Math.floor(random() * valid.length)]!, random);
      const client = dial(front);
      client.socket.write(bytes);
      if (random() < 0.3) client.socket.end();
      const outcome = await front.next();
      client.socket.destroy();
      return outcome;
    });
    for (const outcome of await Promise.all(outcomes)) {
      if (!('kind' in outcome)) expect(outcome.code).not.toBe('INTERNAL');
    }
  }
});

function damaged(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = bytes.slice(0, 1 + Math.floor(random() * bytes.length));
  copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  return copy;
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const proxyHeader = Buffer.from('0d0a0d0a000d0a515549540a2111000cc00002077f000001d4311538', 'hex');

test('a proxy that is believed says who the client is, before TLS too', async () => {
  await using front = await startFront({ tls: false, proxies: new AddressRanges(['127.0.0.1']) });
  const socket = connect(front.listener.port, '127.0.0.1');
  // Header and first packet in one go, as a proxy may send them.
  socket.write(Buffer.concat([proxyHeader, encodeStartupMessage([['user', 'app']])]));
  expect(await front.next()).toMatchObject({ kind: 'client', address: '192.0.2.7' });
  socket.destroy();
});

test('a header from an address that is no proxy of ours is not read', async () => {
  await using front = await startFront({ tls: false, proxies: new AddressRanges(['192.0.2.0/24']) });
  const socket = connect(front.listener.port, '127.0.0.1');
  socket.write(Buffer.concat([proxyHeader, encodeStartupMessage([['user', 'app']])]));
  expect(await front.next()).toMatchObject({ code: 'PROXY_HEADER', data: { reason: 'no proxy of ours' } });
  socket.destroy();
});

test('a header that never ends is waited for no longer than a login may take', async () => {
  await using front = await startFront({ loginTimeoutMs: 100, proxies: new AddressRanges(['127.0.0.1']) });
  const socket = connect(front.listener.port, '127.0.0.1');
  socket.write(proxyHeader.subarray(0, 20));
  expect(await front.next()).toMatchObject({ code: 'STARTUP_TIMEOUT' });
  socket.destroy();
});

const gated = 'ep-calm-river-a1b2c3';

test('who names an endpoint in SNI passes its gate before the handshake, and then no more', async () => {
  const asked: string[] = [];
  const gate: NegotiateDeps['gate'] = {
    ...openGate,
    pass(endpointId, address, ahead) {
      asked.push(`${endpointId} from ${address} with a ${ahead} ahead`);
      return null;
    },
  };
  await using front = await startFront({ gate });
  const names = [
    [`${gated}-pooler.db.localhost`, gated],
    ['elsewhere.example', null],
  ] as const;
  for (const [servername, passed] of names) {
    const client = dial(front);
    client.socket.write(encodeSslRequest());
    await client.until(() => client.received.length > 0);
    client.socket.removeAllListeners('data');
    const tls = connectTls({ socket: client.socket, servername, rejectUnauthorized: false });
    tls.write(startup);
    expect(await front.next()).toMatchObject({ kind: 'client', passed });
    tls.destroy();
  }
  expect(asked).toEqual([`${gated} from 127.0.0.1 with a handshake ahead`]);
});

test('who is refused before the handshake is told by TLS, or, if there may be a handshake, by the error', async () => {
  const told = [true, false];
  const refusal = new PoolerError('CONNECT_RATE', { endpoint: gated, limit: 1, seconds: 5 });
  const gate = { pass: () => Promise.reject(refusal), mayTell: () => told.shift()! };
  await using front = await startFront({ gate });
  const servername = `${gated}.db.localhost`;
  const first = dial(front);
  first.socket.write(encodeSslRequest());
  await first.until(() => first.received.length > 0);
  const tls = await tlsOver(first.socket, [], servername);
  expect(await new RawClient(tls).refusal()).toMatch(
    /^FATAL 53300 endpoint "ep-calm-river-a1b2c3" gets more/,
  );
  expect(await front.next()).toMatchObject({ code: 'CONNECT_RATE' });
  const second = dial(front);
  second.socket.write(encodeSslRequest());
  await second.until(() => second.received.length > 0);
  await expect(tlsOver(second.socket, [], servername)).rejects.toThrow(/alert internal error/);
  expect(await front.next()).toMatchObject({ code: 'CONNECT_RATE' });
});
