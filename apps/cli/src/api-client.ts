// Calls Weir's HTTP API for the commands, and turns its problem replies into errors that say what to do.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Problem, problemSlug } from '@weir/api-contract';
import { CommandError } from './command.ts';
import { readLocalState } from './local-state.ts';
import { stateDirectory } from './project.ts';

export interface ApiClient {
  readonly url: string;
  /** Gives the parsed reply. Throws ApiProblem for a reply that is an error, CommandError when there is no reply. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
}

/** The API refused; the status tells refusals apart. */
export class ApiProblem extends CommandError {
  override name = 'ApiProblem';
  readonly status: number;
  /** Which problem it is, in the API's own word; null for a reply that is no problem document. */
  readonly slug: string | null;

  constructor(status: number, slug: string | null, message: string, hint: string | null) {
    super(message, { hint });
    this.status = status;
    this.slug = slug;
  }
}

/** Options that say which API to call; every command that calls one takes them. */
export const apiOptions = {
  api: { type: 'string' },
  key: { type: 'string' },
  'key-file': { type: 'string' },
  state: { type: 'string' },
} as const;

export const apiHelp = `
Which API: --api URL (WEIR_API_URL), --key KEY (WEIR_API_KEY) or --key-file FILE (WEIR_API_KEY_FILE);
without them the one that \`npm start\` runs here.`;

/** The API that the options, the environment or a local Weir name, in this order. */
export function apiFrom(options: {
  api?: string;
  key?: string;
  'key-file'?: string;
  state?: string;
}): ApiClient {
  const directory = stateDirectory(options.state);
  const url = options.api ?? process.env.WEIR_API_URL ?? localUrl(directory);
  const keyFile = options['key-file'] ?? process.env.WEIR_API_KEY_FILE ?? join(directory, 'api-key');
  const key = options.key ?? process.env.WEIR_API_KEY ?? readKey(keyFile);
  return apiClient(url, key);
}

function localUrl(directory: string): string {
  const port = readLocalState(directory)?.ports?.api;
  if (port === undefined) {
    throw new CommandError('there is no API to call', {
      hint: 'start one here with npm start, or name one with --api',
    });
  }
  return `http://127.0.0.1:${port}`;
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CommandError(`the API key in ${file} cannot be read`, {
      hint: 'give one with --key or WEIR_API_KEY',
      cause: error,
    });
  }
}

/** A client for one API and key. */
export function apiClient(url: string, key: string): ApiClient {
  const base = url.replace(/\/+$/, '');
  return {
    url: base,
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      let reply: Response;
      let text: string;
      try {
        reply = await fetch(base + path, {
          method,
          headers: {
            authorization: `Bearer ${key}`,
            ...(body !== undefined && { 'content-type': 'application/json' }),
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(60_000),
        });
        text = await reply.text();
      } catch (error) {
        const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message;
        throw new CommandError(`the API at ${base} does not answer (${cause})`, {
          hint: 'is it running? npm start runs one here',
          cause: error,
        });
      }
      if (!reply.ok) throw problemOf(reply.status, text);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
  };
}

function problemOf(status: number, text: string): ApiProblem {
  try {
    const problem = JSON.parse(text) as Problem;
    const fields = problem.errors?.map((error) => `  ${error.field}: ${error.message}`) ?? [];
    return new ApiProblem(
      status,
      problemSlug(problem),
      [problem.detail ? `${problem.title}: ${problem.detail}` : problem.title, ...fields].join('\n'),
      problem.action ?? null,
    );
  } catch {
    return new ApiProblem(status, null, `the API answered ${status}: ${text.slice(0, 500)}`, null);
  }
}
