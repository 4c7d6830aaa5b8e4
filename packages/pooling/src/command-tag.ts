// What a CommandComplete tag says of the session that ran the command. Only tags; texts are looked at elsewhere.
import type { PinReason } from './close-reason.ts';

/** Effects of a command as its tag tells them. */
export type TagEffect =
  | { readonly kind: 'pin'; readonly reason: PinReason }
  /** The session remembers no value of a sequence any more. */
  | { readonly kind: 'sequences-gone' }
  /** All prepared statements of the session are gone. */
  | { readonly kind: 'statements-gone' }
  /** And its settings went back to those of the startup. */
  | { readonly kind: 'discarded' }
  /** Tables or types may have changed. */
  | { readonly kind: 'schema' }
  /** Rows that other servers may have counted for the same client are gone. */
  | { readonly kind: 'truncated' }
  /** Settings of a role or a database may have: for sessions that begin from now on. */
  | { readonly kind: 'sessions' }
  /** UNLISTEN has run. */
  | { readonly kind: 'unlistened' }
  /** What the transaction did, or a part of it, has not happened. */
  | { readonly kind: 'undone' };

const effects = new Map<string, TagEffect>([
  ['SET', { kind: 'pin', reason: 'set' }],
  ['LISTEN', { kind: 'pin', reason: 'listen' }],
  ['PREPARE', { kind: 'pin', reason: 'prepare' }],
  ['LOAD', { kind: 'pin', reason: 'load' }],
  ['RESET', { kind: 'pin', reason: 'set' }],
  ['DEALLOCATE ALL', { kind: 'statements-gone' }],
  ['DISCARD SEQUENCES', { kind: 'sequences-gone' }],
  ['DISCARD ALL', { kind: 'discarded' }],
  ['TRUNCATE TABLE', { kind: 'truncated' }],
  ['ROLLBACK', { kind: 'undone' }],
  ['UNLISTEN', { kind: 'unlistened' }],
  ['ALTER ROLE', { kind: 'sessions' }],
  ['ALTER DATABASE', { kind: 'sessions' }],
  ['ALTER SYSTEM', { kind: 'sessions' }],
]);

const schema: TagEffect = { kind: 'schema' };

// First letters of tags that can have an effect: A(LTER) C(REATE) D(ROP, ISCARD, EALLOCATE) L P R T(RUNCATE); S only as SET.
const mayMatter = new Uint8Array(256);
for (const letter of 'ACDLPRT') mayMatter[letter.charCodeAt(0)] = 1;

const N = 0x4e;
const S = 0x53;
const T = 0x54;
const U = 0x55;

/**
 * The effect of the tag in `bytes[from..to)` (without its NUL), or null. Called for every statement, so the common
 * tags (SELECT, INSERT, UPDATE, BEGIN) leave after a look at two bytes.
 */
export function tagEffect(bytes: Uint8Array, from: number, to: number): TagEffect | null {
  const first = bytes[from]!;
  if (first === S) {
    if (bytes[from + 2] !== T || to - from !== 3) return null;
  } else if (first === U) {
    if (bytes[from + 1] !== N) return null;
  } else if (mayMatter[first] === 0) {
    return null;
  }
  let tag = '';
  for (let i = from; i < to; i++) tag += String.fromCharCode(bytes[i]!);
  const effect = effects.get(tag);
  if (effect !== undefined) return effect;
  // COMMIT, COPY, CLOSE, DELETE, RELEASE, ROLLBACK and the like have none.
  return /^(?:ALTER|CREATE|DROP) /.test(tag) ? schema : null;
}
