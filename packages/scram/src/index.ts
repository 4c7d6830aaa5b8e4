// SCRAM-SHA-256 and -PLUS, both sides, as steps over texts; verifiers as Postgres stores them. No sockets, no randomness.
export { type ClientCredentials, ClientExchange, type ClientExchangeOptions } from './client-exchange.ts';
export { deriveKeys, deriveKeysSync, type ScramKeys, storedKeyOf } from './keys.ts';
export {
  type ClientChannelBinding,
  chooseMechanism,
  encodeNonce,
  offeredMechanisms,
  scramMechanism,
  scramPlusMechanism,
} from './mechanism.ts';
export { saslPrep } from './saslprep.ts';
export { ScramProtocolError } from './scram-protocol-error.ts';
export { ServerExchange, type ServerExchangeOptions, type ServerResult } from './server-exchange.ts';
export {
  buildVerifier,
  buildVerifierAsync,
  defaultIterations,
  formatVerifier,
  mockVerifier,
  parseVerifier,
  saltBytes,
  type Verifier,
} from './verifier.ts';
