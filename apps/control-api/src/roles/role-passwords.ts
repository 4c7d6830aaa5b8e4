// Passwords that Weir makes, and the verifiers by which it and the database know them.
import { randomBytes } from 'node:crypto';
import { buildVerifierAsync, parseVerifier, saltBytes } from '@weir/scram';

export interface NewPassword {
  /** 32 letters, digits, - and _: it needs no escaping in a connection string. */
  readonly password: string;
  readonly verifier: string;
}

// 192 bits; no dictionary has it.
const passwordBytes = 24;

/** With the salt and iterations of `like`, if given, so that one SCRAM exchange takes both passwords. */
export async function newPassword(like?: string): Promise<NewPassword> {
  const password = randomBytes(passwordBytes).toString('base64url');
  const known = like === undefined ? null : parseVerifier(like);
  const salt = known?.salt ?? randomBytes(saltBytes);
  const verifier = await buildVerifierAsync(password, {
    salt,
    ...(known === null ? {} : { iterations: known.iterations }),
  });
  return { password, verifier };
}
