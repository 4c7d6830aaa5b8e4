// Asks an issuer for its public keys, as OpenID Connect Discovery says: first where they are, then what they are.
import type { EgressPolicy } from '@weir/net';
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { type RequestFailure, sendChecked } from '../egress/checked-request.ts';
import { version } from '../version.ts';
import { IssuerError } from './issuer-keys.ts';

/** For each of the two requests. */
const usualTimeoutMs = 5_000;
/** GitHub's keys, with their certificates, have less than 20 kB. */
const replyBytesMax = 256 * 1024;

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });
const keysSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

const wordsFor: Readonly<Record<RequestFailure, string>> = {
  dns: 'its host has no address',
  forbidden: 'its address is not allowed',
  timeout: 'it did not answer in time',
  refused: 'it refused the connection',
  tls: 'TLS with it failed',
  unreachable: 'it cannot be reached',
  'too-large': 'its answer is too large',
};

/** Rejects with IssuerError. */
export async function fetchIssuerKeys(
  issuer: string,
  policy: EgressPolicy,
  timeoutMs = usualTimeoutMs,
): Promise<JSONWebKeySet> {
  const limits = { policy, timeoutMs };
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const discovery = await get(url, discoverySchema, limits);
  // Else one who may answer at some path of a host could speak for all of it.
  if (discovery.issuer !== issuer) throw new IssuerError(`${url} is about another issuer`);
  return (await get(discovery.jwks_uri, keysSchema, limits)) as JSONWebKeySet;
}

async function get<T>(
  url: string,
  schema: z.ZodType<T>,
  limits: { readonly policy: EgressPolicy; readonly timeoutMs: number },
): Promise<T> {
  const headers = { accept: 'application/json', 'user-agent': `weir/${version}` };
  const outcome = await sendChecked({
    ...{ method: 'GET', url, headers, ...limits, plainTo: 'loopback', replyBytesMax },
  });
  if ('error' in outcome) throw new IssuerError(`${url}: ${wordsFor[outcome.error]}`);
  if (outcome.status !== 200) throw new IssuerError(`${url} answered with status ${outcome.status}`);
  const read = schema.safeParse(parsed(outcome.body));
  if (!read.success) throw new IssuerError(`${url} did not answer as OpenID Connect Discovery says`);
  return read.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
