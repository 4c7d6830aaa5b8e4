// Both sides against each other and against RFC 7677's example; malformed and manipulated messages.
import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { ClientExchange, type ClientExchangeOptions } from './client-exchange.ts';
import { deriveKeysSync } from './keys.ts';
import { chooseMechanism, encodeNonce, offeredMechanisms } from './mechanism.ts';
import { ScramProtocolError } from './scram-protocol-error.ts';
import { ServerExchange, type ServerExchangeOptions } from './server-exchange.ts';
import { buildVerifier, mockVerifier, parseVerifier } from './verifier.ts';

const plain = 'SCRAM-SHA-256';
const plus = 'SCRAM-SHA-256-PLUS';
const salt = Uint8Array.from({ length: 16 }, (_, i) => i);
const endPointHash = new Uint8Array(createHash('sha256').update('a certificate').digest());
const verifier = parseVerifier(buildVerifier('secret', { salt, iterations: 64 }))!;
const rfc = {
  clientNonce: 'rOprNGfwEbeRWgbNEkqO',
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  salt: new Uint8Array(Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')),
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};

function newServer(options: Partial<ServerExchangeOptions> = {}): ServerExchange {
  const channelBinding = { supported: false, endPointHash: null };
  return new ServerExchange({ verifier, nonce: encodeNonce(randomBytes(18)), channelBinding, ...options });
}

function newClient(options: Partial<ClientExchangeOptions> = {}): ClientExchange {
  const nonce = encodeNonce(randomBytes(18));
  return new ClientExchange({ credentials: { password: 'secret' }, nonce, ...options });
}

test("the client speaks RFC 7677's example", () => {
  const credentials = { password: 'pencil' };
  const client = newClient({ credentials, nonce: rfc.clientNonce, userName: 'user' });
  expect(client.first()).toBe(rfc.clientFirst);
  expect(client.next(rfc.serverFirst)).toBe(rfc.clientFinal);
  client.verify(rfc.serverFinal);
});

test("the server speaks RFC 7677's example and recovers the client key", () => {
  const pencil = parseVerifier(buildVerifier('pencil', { salt: rfc.salt, iterations: 4096 }))!;
  const server = newServer({ verifier: pencil, nonce: rfc.serverNonce });
  expect(server.first(plain, rfc.clientFirst)).toBe(rfc.serverFirst);
  const { clientKey } = deriveKeysSync('pencil', rfc.salt, 4096);
  const result = server.final(rfc.clientFinal);
  expect(result).toEqual({ ok: true, serverFinal: rfc.serverFinal, clientKey, verifier: pencil });
});

test('a key recovered from one login logs in to another server with the same verifier', async () => {
  const server = newServer();
  const client = newClient();
  const result = server.final(await client.nextAsync(server.first(plain, client.first())));
  if (!result.ok) throw new Error(result.reason);
  client.verify(result.serverFinal);

  const upstream = newServer();
  const credentials = { clientKey: result.clientKey, serverKey: verifier.serverKey };
  const weir = newClient({ credentials });
  const second = upstream.final(weir.next(upstream.first(plain, weir.first())));
  if (!second.ok) throw new Error(second.reason);
  weir.verify(second.serverFinal);
  expect(weir.keys).toEqual(client.keys);
});

test('a wrong password is a result and not an error', () => {
  const server = newServer();
  const client = newClient({ credentials: { password: 'Secret' } });
  expect(server.final(client.next(server.first(plain, client.first())))).toEqual({
    ok: false,
    reason: 'wrong-password',
  });
});

test('of two passwords either logs in, and each client is shown a signature of its own', () => {
  const previous = parseVerifier(buildVerifier('before', { salt, iterations: 64 }))!;
  for (const [password, fits] of [
    ['secret', verifier],
    ['before', previous],
  ] as const) {
    const server = newServer({ previous });
    const client = newClient({ credentials: { password } });
    const result = server.final(client.next(server.first(plain, client.first())));
    if (!result.ok) throw new Error(result.reason);
    expect(result.verifier).toBe(fits);
    expect(result.clientKey).toEqual(deriveKeysSync(password, salt, 64).clientKey);
    client.verify(result.serverFinal);
  }
  const server = newServer({ previous });
  const client = newClient({ credentials: { password: 'neither' } });
  const result = server.final(client.next(server.first(plain, client.first())));
  expect(result).toEqual({ ok: false, reason: 'wrong-password' });
});

test('no password fits a mock verifier, whose salt stays the same for a role', () => {
  const secret = randomBytes(32);
  const mock = mockVerifier(secret, 'nobody', 64);
  expect(mock).toEqual(mockVerifier(secret, 'nobody', 64));
  expect(mock.salt).not.toEqual(mockVerifier(secret, 'somebody', 64).salt);
  expect(mock.salt).toHaveLength(16);
  const server = newServer({ verifier: mock });
  const client = newClient();
  expect(server.final(client.next(server.first(plain, client.first()))).ok).toBe(false);
});

test('-PLUS binds a login to the certificate', () => {
  const channelBinding = { supported: true, endPointHash };
  const server = newServer({ channelBinding });
  const choice = chooseMechanism(offeredMechanisms(true), endPointHash)!;
  expect(choice.mechanism).toBe(plus);
  const client = newClient({ channelBinding: choice.channelBinding });
  expect(client.first()).toMatch(/^p=tls-server-end-point,,n=,r=/);
  const result = server.final(client.next(server.first(plus, client.first())));
  if (!result.ok) throw new Error(result.reason);
  client.verify(result.serverFinal);
});

test('-PLUS fails where the client saw another certificate', () => {
  const server = newServer({ channelBinding: { supported: true, endPointHash } });
  const other = Uint8Array.from(endPointHash, (byte) => byte ^ 1);
  const client = newClient({ channelBinding: { kind: 'tls-server-end-point', endPointHash: other } });
  const final = client.next(server.first(plus, client.first()));
  expect(() => server.final(final)).toThrow('SCRAM channel binding check failed');
});

test('a client with TLS whose offer of -PLUS was taken away is told so', () => {
  const server = newServer({ channelBinding: { supported: true, endPointHash } });
  const choice = chooseMechanism([plain], endPointHash)!;
  const client = newClient({ channelBinding: choice.channelBinding });
  expect(() => server.first(choice.mechanism, client.first())).toThrow('channel binding negotiation error');
});

test('a client with TLS logs in where -PLUS was never offered', () => {
  const server = newServer();
  const client = newClient({ channelBinding: { kind: 'not-offered' } });
  expect(server.final(client.next(server.first(plain, client.first()))).ok).toBe(true);
});

test('the mechanism follows from the offer and from TLS', () => {
  expect(chooseMechanism([plus, plain], null)).toEqual({
    mechanism: plain,
    channelBinding: { kind: 'none' },
  });
  expect(chooseMechanism([plus], null)).toBeNull();
  expect(chooseMechanism(['GS2-KRB5'], endPointHash)).toBeNull();
});

const nonceOnly = { nonce: 'server' };
test.each([
  ['an empty text', plain, '', 'The GS2 header is incomplete.'],
  ['no GS2 header', plain, 'n=,r=abc', 'The GS2 header is incomplete.'],
  ['an unknown flag', plain, 'x,,n=,r=abc', 'Unexpected channel-binding flag.'],
  ['no nonce', plain, 'n,,n=', 'attribute expected, but the message ended'],
  ['an empty nonce', plain, 'n,,n=,r=', 'non-printable characters in SCRAM nonce'],
  ['a nonce with a space', plain, 'n,,n=,r=a b', 'non-printable characters in SCRAM nonce'],
  ['attributes out of order', plain, 'n,,r=abc,n=', 'expected attribute "n" but found "r"'],
  ['an extension that is no attribute', plain, 'n,,n=,r=abc,==', 'attribute expected, but found "="'],
  ['an attribute without a value', plain, 'n,,n', 'expected "=" after attribute "n"'],
  [
    '-PLUS without binding',
    plus,
    'n,,n=,r=abc',
    /SCRAM-SHA-256-PLUS, but the SCRAM message does not include/,
  ],
  ['binding without -PLUS', plain, 'p=tls-server-end-point,,n=,r=abc', /without channel binding, but/],
])('a first message with %s is malformed', (_, mechanism, clientFirst, detail) => {
  const server = newServer({ ...nonceOnly, channelBinding: { supported: mechanism === plus, endPointHash } });
  const error = errorOf(() => server.first(mechanism, clientFirst));
  expect(error.message).toBe('malformed SCRAM message');
  expect(error.detail).toMatch(detail);
});

test.each([
  ['an unknown mechanism', 'PLAIN', 'n,,n=,r=abc', /invalid SASL authentication mechanism/, '08P01'],
  ['-PLUS where it was not offered', plus, 'p=tls-server-end-point,,n=,r=abc', /invalid SASL/, '08P01'],
  ['another binding type', plain, 'p=tls-unique,,n=,r=abc', /channel-binding type/, '08P01'],
  ['an authorization identity', plain, 'n,a=root,n=,r=abc', /authorization identity/, '0A000'],
  ['a mandatory extension', plain, 'n,,m=x,n=,r=abc', /unsupported SCRAM extension/, '0A000'],
])('a first message with %s is refused', (_, mechanism, clientFirst, message, sqlstate) => {
  const error = errorOf(() => newServer().first(mechanism, clientFirst));
  expect(error.message).toMatch(message);
  expect(error.sqlstate).toBe(sqlstate);
});

const proof = Buffer.alloc(32).toString('base64');
test.each([
  ['no channel binding', `r=abcserver,p=${proof}`, 'malformed SCRAM message'],
  ['another GS2 header', `c=eSws,r=abcserver,p=${proof}`, /unexpected SCRAM channel-binding attribute/],
  ['another nonce', `c=biws,r=abcservers,p=${proof}`, 'invalid SCRAM response'],
  ['no proof', 'c=biws,r=abcserver', 'malformed SCRAM message'],
  ['a short proof', 'c=biws,r=abcserver,p=AAAA', 'malformed SCRAM message'],
  ['a proof that is not base64', `c=biws,r=abcserver,p=${proof.slice(1)}`, 'malformed SCRAM message'],
  ['something after the proof', `c=biws,r=abcserver,p=${proof},x=1`, 'malformed SCRAM message'],
])('a final message with %s is refused', (_, clientFinal, message) => {
  const server = newServer(nonceOnly);
  server.first(plain, 'n,,n=,r=abc');
  expect(errorOf(() => server.final(clientFinal)).message).toMatch(message);
});

test('extensions that need not be understood are part of what is signed', () => {
  const server = newServer(nonceOnly);
  server.first(plain, 'n,,n=ignored,r=abc,x=1');
  expect(server.final(`c=biws,r=abcserver,y=2,p=${proof}`)).toEqual({ ok: false, reason: 'wrong-password' });
});

test('a proof can be tried once', () => {
  const server = newServer(nonceOnly);
  server.first(plain, 'n,,n=,r=abc');
  server.final(`c=biws,r=abcserver,p=${proof}`);
  expect(() => server.final(`c=biws,r=abcserver,p=${proof}`)).toThrow('final was called before first');
});

test.each([
  ['a nonce that is not ours', 'r=xyzserver,s=AAAA,i=64', 'invalid SCRAM response'],
  ['a nonce that adds nothing', 'r=abc,s=AAAA,i=64', 'invalid SCRAM response'],
  ['no salt', 'r=abcserver,s=,i=64', 'malformed SCRAM message'],
  ['no iterations', 'r=abcserver,s=AAAA,i=0', 'malformed SCRAM message'],
  ['iterations that are no number', 'r=abcserver,s=AAAA,i=1e3', 'malformed SCRAM message'],
  ['iterations without measure', 'r=abcserver,s=AAAA,i=2000000000', /more than 1000000/],
])('the client refuses a first answer with %s', (_, serverFirst, message) => {
  const client = newClient({ nonce: 'abc' });
  expect(errorOf(() => client.next(serverFirst)).message).toMatch(message);
});

test.each([
  ['an error', 'e=other-error', 'server refused the SCRAM exchange'],
  ['nothing', '', 'malformed SCRAM message'],
  ['a signature that is not base64', 'v=?', 'malformed SCRAM message'],
  ['a short signature', 'v=AAAA', 'incorrect server signature'],
  ['the signature of someone without the verifier', `v=${proof}`, 'incorrect server signature'],
])('the client does not believe a server that ends with %s', (_, serverFinal, message) => {
  const client = newClient({ nonce: 'abc' });
  client.next('r=abcserver,s=AAAA,i=64');
  expect(errorOf(() => client.verify(serverFinal)).message).toMatch(message);
});

test('random texts end in an error of the protocol and in nothing else', () => {
  const seed = randomBytes(4).readUInt32BE();
  const pieces = [
    'n',
    'y',
    'p=',
    'tls-server-end-point',
    ',',
    ',,',
    '=',
    'r=',
    'c=',
    's=',
    'i=',
    'biws',
    'abc',
    '\u00e4',
    '\0',
  ];
  let state = seed;
  const draw = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let run = 0; run < 400; run++) {
    const text = Array.from({ length: draw(10) }, () => pieces[draw(pieces.length)]).join('');
    for (const step of steps(text)) {
      try {
        step();
      } catch (error) {
        if (!(error instanceof ScramProtocolError))
          throw new Error(`seed=${seed} text=${JSON.stringify(text)}`, { cause: error });
      }
    }
  }
});

function steps(text: string): (() => void)[] {
  const server = newServer(nonceOnly);
  server.first(plain, 'n,,n=,r=abc');
  const client = newClient({ nonce: 'abc' });
  client.next('r=abcserver,s=AAAA,i=1');
  return [
    () => newServer().first(plain, text),
    () => newServer().first(plain, `n,,${text}`),
    () => server.final(`c=biws,${text}`),
    () => newClient({ nonce: 'abc' }).next(`r=abc${text}`),
    () => client.verify(text),
  ];
}

function errorOf(step: () => void): ScramProtocolError {
  try {
    step();
  } catch (error) {
    if (error instanceof ScramProtocolError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
}
