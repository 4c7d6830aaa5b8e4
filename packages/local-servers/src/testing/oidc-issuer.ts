// An OIDC issuer on loopback for tests: real keys, discovery, tokens signed by hand so that wrong ones can be made too.
import {
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OidcIssuer {
  /** `http://127.0.0.1:<port>`, which is also its `iss`. */
  readonly url: string;
  /** How often its keys were fetched. */
  readonly fetches: number;
  /** What it does instead of answering, from now on; null: it answers. */
  answer: ((path: string, response: ServerResponse) => void) | null;
  /** The key that signs now, as anybody may know it. */
  readonly publicPem: string;
  /** A token of now, good for ten minutes; undefined takes a claim or a part of the header away. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): string;
  /** Signs with another key from now on, and publishes that one alone. */
  rotate(): void;
  close(): Promise<void>;
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: JsonWebKey;
  readonly publicPem: string;
}

/** By default tokens are those of a repository's main branch, for the audience `weir`. */
export async function startOidcIssuer(): Promise<OidcIssuer> {
  let key = newKey();
  let fetches = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path === '/keys') fetches++;
    if (issuer.answer !== null) return issuer.answer(path, response);
    const published = { ...key.publicJwk, kid: key.kid, use: 'sig', alg: 'ES256' };
    const answers: Record<string, unknown> = {
      '/.well-known/openid-configuration': { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` },
      '/keys': { keys: [published] },
    };
    const answer = answers[path];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? null));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: OidcIssuer = {
    url,
    answer: null,
    get fetches() {
      return fetches;
    },
    get publicPem() {
      return key.publicPem;
    },
    token(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      const payload = {
        iss: url,
        aud: 'weir',
        sub: 'repo:acme/shop:ref:refs/heads/main',
        iat: now,
        exp: now + 600,
      };
      const head = { alg: 'ES256', kid: key.kid, typ: 'JWT', ...header };
      const signed = `${encoded(head)}.${encoded({ ...payload, ...claims })}`;
      return `${signed}.${signatureOf(signed, String(head.alg), key)}`;
    },
    rotate() {
      key = newKey();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}

function newKey(): SigningKey {
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const privateKey = createPrivateKey(pair.privateKey);
  const { d: _, ...publicJwk } = privateKey.export({ format: 'jwk' });
  return { kid: randomUUID(), privateKey, publicJwk, publicPem: pair.publicKey };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** `none` leaves it empty; HS256 takes the public key for a secret, as a well-known attack does. */
function signatureOf(signed: string, algorithm: string, { privateKey, publicPem }: SigningKey): string {
  if (algorithm === 'none') return '';
  if (algorithm === 'HS256') return createHmac('sha256', publicPem).update(signed).digest('base64url');
  return sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  );
}
