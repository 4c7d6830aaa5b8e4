// A SCRAM verifier for the load role, cheap for the client on purpose.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

// The password is hashed by the client alone. At Postgres's 4096 rounds, 256 logins of pgbench would eat its whole
// running time, and `-C` would measure pgbench; a pooler's own work is the same at any number.
const iterations = 1;

/** `SCRAM-SHA-256$…` as Postgres takes it in place of a password. */
export function cheapVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const sign = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(sign('Client Key')).digest('base64');
  const serverKey = sign('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
