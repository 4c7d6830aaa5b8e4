// What `weir login` stores: one API and its key, in a file for its owner alone.
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandError } from '../command.ts';

export interface Login {
  readonly url: string;
  readonly key: string;
}

/** WEIR_CONFIG_DIR, or `weir` in the user's configuration directory. */
export function loginFile(): string {
  const configuration = process.env.XDG_CONFIG_HOME || join(homedir(), '.config');
  return join(process.env.WEIR_CONFIG_DIR ?? join(configuration, 'weir'), 'login.json');
}

/** The stored login, or null. Throws CommandError when the file cannot be used. */
export function readLogin(): Login | null {
  const file = loginFile();
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  try {
    const login = JSON.parse(text) as Login;
    if (typeof login.url === 'string' && typeof login.key === 'string') return login;
  } catch {
    // Told below, with the same cure.
  }
  throw new CommandError(`${file} is not what weir login writes`, { hint: 'weir login writes it anew' });
}

/** Replaces what is stored. Nobody else can read it at any time. */
export function writeLogin(login: Login): void {
  const file = loginFile();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 });
  // A file left there by somebody else keeps its mode when it is written to.
  chmodSync(partial, 0o600);
  renameSync(partial, file);
}

/** Forgets it; whether there was one. */
export function removeLogin(): boolean {
  const was = readLogin() !== null;
  rmSync(loginFile(), { force: true });
  return was;
}
