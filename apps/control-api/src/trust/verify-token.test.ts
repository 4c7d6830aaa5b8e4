// Which tokens a rule takes, and what is said of those that it does not; the issuer and its keys are real.
import { generateKeyPairSync, sign } from 'node:crypto';
import { type OidcIssuer, startOidcIssuer } from '@weir/local-servers/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ApiError } from '../errors.ts';
import { fetchIssuerKeys } from './fetch-issuer-keys.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { type TrustTerms, verifyToken } from './verify-token.ts';

const policy = { allowLoopback: true, allowPrivate: false, denied: [] };
const subject = 'repo:acme/shop:ref:refs/heads/main';
const seconds = () => Math.floor(Date.now() / 1000);

let now = 0;
let issuer: OidcIssuer;
let issuerKeys: IssuerKeys;
let terms: TrustTerms;
beforeEach(async () => {
  issuer = await startOidcIssuer();
  issuerKeys = new IssuerKeys(
    (url) => fetchIssuerKeys(url, policy),
    () => now,
  );
  terms = { issuer: issuer.url, audience: 'weir', subject, claims: {} };
});
afterEach(() => issuer.close());

/** The subject, or the problem and what it says. */
async function answer(token: string, change: Partial<TrustTerms> = {}): Promise<string> {
  try {
    return await verifyToken(token, { ...terms, ...change }, issuerKeys);
  } catch (error) {
    const { slug, detail, faults } = error as ApiError;
    const words = faults?.map(({ field, message }) => `${field} ${message}`).join('; ');
    return `${slug}: ${detail ?? words}`;
  }
}

test('a token of the issuer, for the audience and of the subject is taken, again and again', async () => {
  const token = issuer.token();
  for (let i = 0; i < 3; i++) expect(await answer(token)).toBe(subject);
  expect(issuer.fetches).toBe(1);
  expect(await answer(issuer.token({ aud: ['other', 'weir'] }))).toBe(subject);
  expect(await answer(token, { subject: 'repo:acme/*:ref:refs/heads/main' })).toBe(subject);
});

test('what is wrong for the rule is said, all of it at once, without what the rule wants', async () => {
  const said = await answer(issuer.token({ aud: 'elsewhere', environment: 'preview' }), {
    subject: 'repo:acme/shop:environment:production',
    claims: { environment: 'production', repository: 'acme/shop' },
  });
  expect(said).toBe(
    'token-not-trusted: token.aud is "elsewhere", which the rule does not trust; ' +
      `token.sub is "${subject}", which the rule does not trust; ` +
      'token.environment is "preview", which the rule does not trust; token.repository is missing',
  );
  expect(await answer(issuer.token({ aud: undefined }))).toBe('token-not-trusted: token.aud is missing');
});

test('claims are compared as text, and nothing that an object merely inherits is one', async () => {
  const claims = { email_verified: 'true', run: '7', environment: 'production' };
  const token = issuer.token({ email_verified: true, run: 7, environment: 'production' });
  expect(await answer(token, { claims })).toBe(subject);
  for (const environment of [['production'], { production: 1 }, null, 'Production']) {
    expect(await answer(issuer.token({ environment }), { claims: { environment: 'production' } })).toMatch(
      /^token-not-trusted: token.environment is /,
    );
  }
  expect(await answer(issuer.token(), { claims: { constructor: '' } })).toMatch(
    'token.constructor is missing',
  );
});

test('a token of another issuer is refused before anybody is asked for keys', async () => {
  const other = await startOidcIssuer();
  const said = await answer(other.token());
  expect(said).toBe(`token-not-trusted: token.iss is "${other.url}", which the rule does not trust`);
  expect(await answer(issuer.token({ iss: `${issuer.url}/` }))).toMatch(/^token-not-trusted/);
  expect(await answer(issuer.token({ iss: undefined }))).toBe('token-not-trusted: token.iss is missing');
  expect(issuer.fetches + other.fetches).toBe(0);
  await other.close();
});

test('a token of a wrong time is refused, half a minute aside', async () => {
  expect(await answer(issuer.token({ exp: seconds() - 20 }))).toBe(subject);
  expect(await answer(issuer.token({ exp: seconds() - 40 }))).toBe('token-invalid: it has expired');
  expect(await answer(issuer.token({ nbf: seconds() + 20 }))).toBe(subject);
  expect(await answer(issuer.token({ nbf: seconds() + 60 }))).toBe('token-invalid: it is not valid yet');
  expect(await answer(issuer.token({ iat: seconds() + 20 }))).toBe(subject);
  expect(await answer(issuer.token({ iat: seconds() + 60 }))).toBe(
    'token-invalid: it was issued in the future',
  );
  expect(await answer(issuer.token({ iat: seconds() - 90_000 }))).toBe(
    'token-invalid: it was issued more than a day ago',
  );
  for (const [claim, value] of Object.entries({ exp: undefined, iat: undefined, sub: undefined })) {
    const said = await answer(issuer.token({ [claim]: value }));
    expect(said).toBe(`token-invalid: its ${claim} is missing, or not as it must be`);
  }
  expect(await answer(issuer.token({ exp: '9999999999' }))).toMatch(/^token-invalid/);
});

test('only signatures by a key that nobody else knows are taken', async () => {
  const refused = /^token-invalid: its algorithm, "\w+", is none of RS256/;
  expect(await answer(issuer.token({}, { alg: 'none' }))).toMatch(refused);
  // Signed with the public key as secret, which a verifier would take that asks the token how to verify it.
  expect(await answer(issuer.token({}, { alg: 'HS256' }))).toMatch(refused);
  expect(issuer.fetches).toBe(0);
});

test('a token that was changed, or signed by somebody else, is refused', async () => {
  const wrong = 'token-invalid: its signature is not that of its issuer';
  const [head, , signature] = issuer.token().split('.');
  const payload = issuer.token({ sub: 'repo:acme/other:ref:refs/heads/main' }).split('.')[1];
  expect(await answer(`${head}.${payload}.${signature}`)).toBe(wrong);
  expect(await answer(`${head}.${payload}.`)).toBe(wrong);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signed = issuer.token().split('.', 2).join('.');
  const forged = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  expect(await answer(`${signed}.${forged.toString('base64url')}`)).toBe(wrong);
  expect(await answer(issuer.token({}, { alg: 'RS256' }))).toMatch(
    /^token-invalid: its issuer has no such key/,
  );
});

test('after a rotation the new key is found and the old one is not, and made-up keys cost the issuer nothing', async () => {
  const before = issuer.token();
  expect(await answer(before)).toBe(subject);
  issuer.rotate();
  now += 10_000;
  expect(await answer(issuer.token())).toBe(subject);
  expect(await answer(before)).toBe('token-invalid: its issuer has no such key');
  for (let i = 0; i < 20; i++) {
    expect(await answer(issuer.token({}, { kid: `made-up-${i}` }))).toBe(
      'token-invalid: its issuer has no such key',
    );
  }
  expect(issuer.fetches).toBe(2);
});

test('an issuer that cannot be asked is said to be unavailable, with why', async () => {
  issuer.answer = (_, response) => response.writeHead(500).end();
  const said = await answer(issuer.token());
  expect(said).toBe(
    `issuer-unavailable: ${issuer.url}/.well-known/openid-configuration answered with status 500`,
  );
});

test.each(['', 'x', 'a.b', 'a.b.c', '.'.repeat(2), 'é.é.é', `${'e30'}.${'e30'}.`, 'bnVsbA.bnVsbA.bnVsbA'])(
  '%j is no token',
  async (text) => expect(await answer(text)).toMatch(/^token-invalid: /),
);
