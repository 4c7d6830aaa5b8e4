// What a local Weir remembers between starts: passwords, ports and the demo tenant, in one file for its owner alone.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from './command.ts';

export interface LocalState {
  readonly version: 1;
  readonly catalogPassword: string;
  /** Of the superuser of the demo tenant's server. */
  readonly demoSuperuserPassword: string;
  /** Of the role that demo clients use. */
  readonly demoRolePassword: string;
  readonly ports: LocalPorts | null;
  readonly tenantId: string | null;
  readonly endpointId: string | null;
}

export interface LocalPorts {
  readonly pooler: number;
  readonly admin: number;
  readonly api: number;
  readonly catalog: number;
  readonly demo: number;
}

const fileName = 'state.json';

/** What is remembered in `directory`, or null. Throws CommandError when the file cannot be used. */
export function readLocalState(directory: string): LocalState | null {
  const file = join(directory, fileName);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  try {
    const state = JSON.parse(text) as LocalState;
    if (state.version === 1 && typeof state.catalogPassword === 'string') return state;
  } catch {
    // Told below, with the same cure.
  }
  throw new CommandError(`${file} cannot be read`, {
    hint: `it holds the passwords of the databases beside it; to begin anew with fresh ones: rm -rf ${directory}`,
  });
}

/** Fresh passwords, nothing else yet. */
export function newLocalState(): LocalState {
  const password = () => randomBytes(15).toString('base64url');
  return {
    version: 1,
    catalogPassword: password(),
    demoSuperuserPassword: password(),
    // Letters and digits only: it is pasted into shells, URLs and settings files.
    demoRolePassword: randomBytes(12).toString('hex'),
    ports: null,
    tenantId: null,
    endpointId: null,
  };
}

/** Remembers `state`; readers see the old text or the new one. */
export function writeLocalState(directory: string, state: LocalState): void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, fileName);
  writeFileSync(`${file}.partial`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.partial`, file);
}
