// A user's project for one snippet: the file as it was copied, the `.env` beside it, and a program around it.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Snippet, type SnippetId, snippets } from '@weir/tenancy';
import { runCommand } from '../run-program.ts';

/** The strings of the snippets, and who a client that follows them is. */
export interface Identity {
  readonly pooled: string;
  readonly direct: string;
  readonly role: string;
  readonly database: string;
}

/** A folder with one snippet and the `.env` snippet in it. */
export interface Project {
  readonly folder: string;
  readonly snippet: Snippet;
  /** Writes one more file. */
  write(file: string, text: string): void;
  /** Runs a command there, with the variables of the `.env` snippet as a shell reads them. Gives what it printed. */
  run(command: string, args: readonly string[], environment?: Record<string, string>): Promise<string>;
  /** Pastes a command line into a shell there; `input` is what is typed afterwards. */
  shell(commandLine: string, input: string): Promise<string>;
  /** Runs a file there by Node, with `.env` read by Node itself. */
  node(file: string, args?: readonly string[], environment?: Record<string, string>): Promise<string>;
}

const resolveLocalhost = pathToFileURL(join(import.meta.dirname, '..', 'resolve-localhost.mjs')).href;

export interface ProjectOptions {
  readonly parent: string;
  readonly id: SnippetId;
  readonly identity: Identity;
  readonly caFile: string;
  /** Where packages are found; those of this package unless told. */
  readonly modules?: string;
}

export function makeProject({ parent, id, identity, caFile, modules }: ProjectOptions): Project {
  const folder = join(parent, `${id}-${identity.role.replaceAll(/\W/g, '')}`);
  const made = new Map(snippets(identity).map((snippet) => [snippet.id, snippet]));
  const snippet = made.get(id)!;
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  write('package.json', '{ "type": "module" }');
  write('.env', made.get('env')!.text);
  if (snippet.file !== null) write(snippet.file, snippet.text);
  symlinkSync(modules ?? join(import.meta.dirname, '..', 'node_modules'), join(folder, 'node_modules'));
  // libpq takes names from the string for SNI only; the authority stands in for a public one.
  const trusting = { PGHOSTADDR: '127.0.0.1', NODE_EXTRA_CA_CERTS: caFile };
  return {
    folder,
    snippet,
    write,
    run: (command, args, environment = {}) =>
      runCommand(
        '/bin/sh',
        ['-c', 'set -a; . ./.env; exec "$@"', 'sh', command, ...args],
        {
          ...trusting,
          ...environment,
        },
        { cwd: folder },
      ),
    shell: (commandLine, input) =>
      runCommand('/bin/sh', ['-c', commandLine], trusting, { cwd: folder, input }),
    node: (file, args = [], environment = {}) =>
      runCommand(
        process.execPath,
        ['--env-file=.env', file, ...args],
        {
          ...trusting,
          // Also for the processes that it starts.
          NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import ${resolveLocalhost}`,
          ...environment,
        },
        { cwd: folder },
      ),
  };
}

/** SQL whose one value names who asks, and where. */
export const whoSql = "select current_user || ' in ' || current_database() as who";

export function whoIs({ role, database }: Identity): string {
  return `${role} in ${database}`;
}
