// What comes of asking an issuer for its keys: one that answers, and those that hang, redirect, lie or may not be dialled.
import { type OidcIssuer, startOidcIssuer } from '@weir/local-servers/testing';
import type { EgressPolicy } from '@weir/net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchIssuerKeys } from './fetch-issuer-keys.ts';

const open: EgressPolicy = { allowLoopback: true, allowPrivate: true, denied: [] };
const closed: EgressPolicy = { allowLoopback: false, allowPrivate: false, denied: [] };

let issuer: OidcIssuer;
beforeEach(async () => {
  issuer = await startOidcIssuer();
});
afterEach(() => issuer.close());

test('its keys are those that it publishes', async () => {
  const { keys } = await fetchIssuerKeys(issuer.url, open);
  expect(keys).toEqual([expect.objectContaining({ kty: 'EC', crv: 'P-256', use: 'sig' })]);
  expect(keys[0]).not.toHaveProperty('d');
});

test('an issuer on loopback or a private address is not asked unless the operator allows it', async () => {
  await expect(fetchIssuerKeys(issuer.url, closed)).rejects.toThrow('its address is not allowed');
  for (const host of ['10.0.0.1', '192.168.1.1', '169.254.169.254', '[::ffff:127.0.0.1]', '2130706433']) {
    await expect(fetchIssuerKeys(`https://${host}`, closed), host).rejects.toThrow(
      'its address is not allowed',
    );
  }
  expect(issuer.fetches).toBe(0);
});

test('http:// is taken on loopback alone, for the keys too', async () => {
  await expect(fetchIssuerKeys('http://10.0.0.1', open)).rejects.toThrow('its address is not allowed');
  const found = { issuer: issuer.url, jwks_uri: 'http://10.0.0.1/keys' };
  issuer.answer = (_, response) => response.end(JSON.stringify(found));
  await expect(fetchIssuerKeys(issuer.url, open)).rejects.toThrow(
    'http://10.0.0.1/keys: its address is not allowed',
  );
});

test('keys at a forbidden address are not fetched, wherever the issuer is', async () => {
  const found = { issuer: issuer.url, jwks_uri: 'http://169.254.169.254/keys' };
  issuer.answer = (_, response) => response.end(JSON.stringify(found));
  await expect(fetchIssuerKeys(issuer.url, open)).rejects.toThrow('its address is not allowed');
});

test('one that hangs is given up, whether before or in the middle of its answer', async () => {
  issuer.answer = () => {};
  await expect(fetchIssuerKeys(issuer.url, open, 50)).rejects.toThrow('it did not answer in time');
  issuer.answer = (_, response) => response.write('{');
  await expect(fetchIssuerKeys(issuer.url, open, 50)).rejects.toThrow('it did not answer in time');
});

test('a redirect is not followed', async () => {
  issuer.answer = (path, response) => response.writeHead(302, { location: `/elsewhere${path}` }).end();
  await expect(fetchIssuerKeys(issuer.url, open)).rejects.toThrow('answered with status 302');
  expect(issuer.fetches).toBe(0);
});

test('an answer that does not end is cut off', async () => {
  issuer.answer = (_, response) => response.end('x'.repeat(300_000));
  await expect(fetchIssuerKeys(issuer.url, open)).rejects.toThrow('its answer is too large');
});

test.each([
  ['no JSON', 'hello'],
  ['a list', '[]'],
  ['no keys', '{"issuer":"x"}'],
  ['keys elsewhere than on the web', '{"issuer":"x","jwks_uri":"file:///etc/passwd"}'],
])('%s is no answer', async (_, text) => {
  issuer.answer = (_path, response) => response.end(text);
  await expect(fetchIssuerKeys(issuer.url, open)).rejects.toThrow(
    'did not answer as OpenID Connect Discovery says',
  );
});

test('who answers for another issuer is not believed', async () => {
  issuer.answer = (_, response) =>
    response.end(JSON.stringify({ issuer: 'https://other.example', jwks_uri: `${issuer.url}/keys` }));
  await expect(fetchIssuerKeys(issuer.url, open)).rejects.toThrow('is about another issuer');
});

test('nobody who listens is said to have refused', async () => {
  await issuer.close();
  await expect(fetchIssuerKeys(issuer.url, open)).rejects.toThrow('it refused the connection');
  issuer = await startOidcIssuer();
});
