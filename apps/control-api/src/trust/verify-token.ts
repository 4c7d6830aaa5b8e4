// Whether a token is its issuer's, of this time, and one that a trust rule means.
import type { TrustRuleRecord } from '@weir/catalog';
import { isSubjectOf } from '@weir/tenancy';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { ApiError, type FieldFault } from '../errors.ts';
import { IssuerError, type IssuerKeys } from './issuer-keys.ts';

/** Only such as sign with a key that nobody else needs to know. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** How far the issuer's clock may be from ours. */
const clockSecondsMax = 30;
/** What was signed longer ago says little about who has it now; issuers' own tokens last a day at most. */
const ageSecondsMax = 86_400;
/** What is said of a claim. */
const shownCharactersMax = 200;

export type TrustTerms = Pick<TrustRuleRecord, 'issuer' | 'audience' | 'subject' | 'claims'>;

/**
 * Resolves to the subject. Throws ApiError `token-invalid` for what no rule would take, `token-not-trusted` for a token
 * of somebody else, `issuer-unavailable`. Texts tell what the token has, and never what the rule wants.
 */
export async function verifyToken(token: string, terms: TrustTerms, issuerKeys: IssuerKeys): Promise<string> {
  const { keyId, issuer } = readToken(token);
  // Before any request: only the rule's own issuer is ever asked, and only for a token that says it is its own.
  if (issuer !== terms.issuer) throw notTrusted([faultOf('iss', issuer)]);
  const keys = await issuerKeys.of(terms.issuer, keyId).catch((error: unknown) => {
    if (!(error instanceof IssuerError)) throw error;
    throw new ApiError('issuer-unavailable', { detail: error.message });
  });
  const payload = await verified(token, createLocalJWKSet(keys));
  const faults = faultsIn(payload, terms);
  if (faults.length > 0) throw notTrusted(faults);
  return payload.sub!;
}

/** What a token says of itself, before anything of it is believed. */
function readToken(token: string): { keyId: string | undefined; issuer: unknown } {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    if (alg === undefined || !algorithms.includes(alg)) {
      throw invalid(`its algorithm, ${shown(alg)}, is none of ${algorithms.join(', ')}`);
    }
    return { keyId: kid, issuer: decodeJwt(token).iss };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw invalid('it is not a signed JWT', error);
  }
}

async function verified(token: string, getKey: ReturnType<typeof createLocalJWKSet>): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, getKey, {
      algorithms,
      clockTolerance: clockSecondsMax,
      maxTokenAge: ageSecondsMax,
      requiredClaims: ['exp', 'sub'],
    });
    return payload;
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw invalid(wordsFor(error), error);
  }
}

function wordsFor(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) {
    return error.claim === 'iat' ? 'it was issued more than a day ago' : 'it has expired';
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf' && error.reason === 'check_failed') return 'it is not valid yet';
    if (error.claim === 'iat' && error.reason === 'check_failed') return 'it was issued in the future';
    return `its ${error.claim} is missing, or not as it must be`;
  }
  if (error instanceof errors.JWKSNoMatchingKey) return 'its issuer has no such key';
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return 'it does not say which key of its issuer it is signed with';
  return 'its signature is not that of its issuer';
}

/** Every claim that is not as the rule wants it, in one go. */
function faultsIn(payload: JWTPayload, { audience, subject, claims }: TrustTerms): FieldFault[] {
  const faults: FieldFault[] = [];
  if (![payload.aud].flat().includes(audience)) faults.push(faultOf('aud', payload.aud));
  if (typeof payload.sub !== 'string' || !isSubjectOf(subject, payload.sub))
    faults.push(faultOf('sub', payload.sub));
  for (const [name, wanted] of Object.entries(claims)) {
    const value = Object.hasOwn(payload, name) ? payload[name] : undefined;
    // Issuers write true and 1 where a rule can only say "true" and "1".
    const isPlain = ['string', 'number', 'boolean'].includes(typeof value);
    if (!isPlain || String(value) !== wanted) faults.push(faultOf(name, value));
  }
  return faults;
}

function faultOf(claim: string, value: unknown): FieldFault {
  const what = value === undefined ? 'is missing' : `is ${shown(value)}, which the rule does not trust`;
  return { field: `token.${claim}`, message: what };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'none';
  return text.length <= shownCharactersMax ? text : `${text.slice(0, shownCharactersMax)}…`;
}

function invalid(detail: string, cause?: unknown): ApiError {
  return new ApiError('token-invalid', { detail, ...(cause === undefined ? {} : { cause }) });
}

function notTrusted(faults: readonly FieldFault[]): ApiError {
  return new ApiError('token-not-trusted', { faults });
}
