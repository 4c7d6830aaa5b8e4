// Which API a command calls, and with which key: options, environment, what login stored, or the Weir that runs here.
import { join } from 'node:path';
import { CommandError, exitCodes, readTextFile } from '../command.ts';
import { readLocalState } from '../local-state.ts';
import { stateDirectory } from '../project.ts';
import { type Api, apiAt } from './api.ts';
import { readLogin } from './login-file.ts';

/** Options that say which API to call; every command that calls one takes them. */
export const apiOptions = {
  api: { type: 'string' },
  'api-key': { type: 'string' },
  'key-file': { type: 'string' },
  state: { type: 'string' },
} as const;

export const apiHelp = `
Which API: --api URL (WEIR_API_URL), --api-key KEY (WEIR_API_KEY) or --key-file FILE (WEIR_API_KEY_FILE);
without them the one of \`weir login\`, and without that the one that \`npm start\` runs here.`;

export interface ApiChoice {
  readonly api?: string | undefined;
  readonly 'api-key'?: string | undefined;
  readonly 'key-file'?: string | undefined;
  readonly state?: string | undefined;
}

/** Where an API is and the key for it. */
export interface ApiAccess {
  readonly url: string;
  readonly key: string;
}

/** The API that the options, the environment, a login or a local Weir name, in this order. Throws CommandError for none. */
export function chooseApi(options: ApiChoice): Api {
  const { url, key } = chooseAccess(options);
  return apiAt(url, key);
}

/** The same for what needs no key: an address alone will do. Throws CommandError for none. */
export function chooseOpenApi(options: ApiChoice): Api {
  const url = options.api ?? process.env.WEIR_API_URL;
  return apiAt(url ?? chooseAccess(options).url, null);
}

/** The address and the key by themselves. Throws CommandError for none. */
export function chooseAccess(options: ApiChoice): ApiAccess {
  const url = options.api ?? process.env.WEIR_API_URL;
  const keyFile = options['key-file'] ?? process.env.WEIR_API_KEY_FILE;
  const key =
    options['api-key'] ??
    process.env.WEIR_API_KEY ??
    (keyFile === undefined ? undefined : readTextFile(keyFile).trim());
  if (url !== undefined && key !== undefined) return { url, key };

  // A stored key goes to no other address than the one it was stored with.
  const directory = stateDirectory(options.state);
  const stored = options.state === undefined ? readLogin() : null;
  const known = stored ?? localAccess(directory);
  if (known !== null && (url === undefined || sameAddress(url, known.url))) {
    return { url: url ?? known.url, key: key ?? known.key };
  }
  throw new CommandError(url === undefined ? 'there is no API to call' : `there is no key for ${url}`, {
    hint: 'weir login stores one; --api and --api-key name one; npm start runs one here',
    exitCode: exitCodes.unauthorized,
  });
}

function sameAddress(one: string, other: string): boolean {
  return one.replace(/\/+$/, '') === other.replace(/\/+$/, '');
}

function localAccess(directory: string): ApiAccess | null {
  const port = readLocalState(directory)?.ports?.api;
  if (port === undefined) return null;
  return { url: `http://127.0.0.1:${port}`, key: readTextFile(join(directory, 'api-key')).trim() };
}
