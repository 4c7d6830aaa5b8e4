// How a command line names a Postgres and what is chosen for its endpoint: `--url`, `--ram-gb`, `--set` and their like.
import type { CreateEndpointInput } from '@weir/api-contract';
import { readConnectionString } from '@weir/tenancy';
import { CommandError, exitCodes, readTextFile } from '../command.ts';

export const upstreamOptions = {
  url: { type: 'string' },
  'ram-gb': { type: 'string' },
  'tls-mode': { type: 'string' },
  ca: { type: 'string' },
  set: { type: 'string', multiple: true },
} as const;

export const upstreamHelp = `
--url postgresql://user:password@host:port/database   the Postgres, and the role that Weir logs in as
--ram-gb N             memory of its machine, from which the budget of server connections follows
--tls-mode MODE        disable, require (the default), verify-ca or verify-full
--ca FILE              PEM of the authority that signed its certificate
--set NAME=VALUE       a setting, for instance --set mode=session --set poolSize=10; may be repeated`;

/** What is chosen with an endpoint's creation, and stays. */
export const creationOptions = {
  kind: { type: 'string' },
  region: { type: 'string' },
  cell: { type: 'string' },
} as const;

export const creationHelp = `
--kind KIND            read_write (the default) or read_only, of a new endpoint
--region R, --cell C   where it is served; a cell is named by who runs the installation`;

type CreationChoice = Partial<Record<keyof typeof creationOptions, string | undefined>>;

/** What was chosen of them, for a creation or as a filter. The API judges what the values are. */
export function creationChoiceOf({ kind, region, cell }: CreationChoice) {
  return {
    ...(kind !== undefined && { kind: kind as 'read_only' }),
    ...(region !== undefined && { region }),
    ...(cell !== undefined && { cell }),
  };
}

export interface UpstreamChoice extends CreationChoice {
  readonly url?: string | undefined;
  readonly 'ram-gb'?: string | undefined;
  readonly 'tls-mode'?: string | undefined;
  readonly ca?: string | undefined;
  readonly set?: readonly string[] | undefined;
}

/** The body of a new endpoint. The API judges what the values are. Throws CommandError when one is missing. */
export function endpointBodyOf(values: UpstreamChoice): CreateEndpointInput {
  const missing = (['url', 'ram-gb'] as const).filter((name) => values[name] === undefined);
  if (missing.length > 0) {
    throw new CommandError(`${missing.map((name) => `--${name}`).join(' and ')} must be given`, {
      exitCode: exitCodes.usage,
    });
  }
  const settings = settingsOf(values.set);
  return {
    upstream: {
      ...upstreamOf(values.url!),
      ...(values['tls-mode'] !== undefined && { tlsMode: values['tls-mode'] as 'require' }),
      ...(values.ca !== undefined && { caPem: readTextFile(values.ca) }),
    },
    computeRamGb: numberOption('ram-gb', values['ram-gb']!),
    ...(settings !== undefined && { settings }),
    ...creationChoiceOf(values),
  };
}

/** The parts of a change that were given. */
export function endpointChangeOf(values: UpstreamChoice & { status?: string | undefined }) {
  const settings = settingsOf(values.set);
  const upstream = {
    ...(values.url !== undefined && upstreamOf(values.url)),
    ...(values['tls-mode'] !== undefined && { tlsMode: values['tls-mode'] }),
    ...(values.ca !== undefined && { caPem: readTextFile(values.ca) }),
  };
  const change = {
    ...(values.status !== undefined && { status: values.status }),
    ...(Object.keys(upstream).length > 0 && { upstream }),
    ...(values['ram-gb'] !== undefined && { computeRamGb: numberOption('ram-gb', values['ram-gb']) }),
    ...(settings !== undefined && { settings }),
  };
  if (Object.keys(change).length === 0) {
    throw new CommandError('nothing was given to change', {
      exitCode: exitCodes.usage,
      hint: 'for instance --set poolSize=10, --ram-gb 8, or --status suspended',
    });
  }
  return change;
}

/** The parts of a `postgresql://` URL, as the API takes them. Throws CommandError. */
export function upstreamOf(text: string): Omit<CreateEndpointInput['upstream'], 'tlsMode' | 'caPem'> {
  const parts = readConnectionString(text);
  if (parts === null) {
    throw new CommandError('--url is not a URL of one Postgres', {
      exitCode: exitCodes.usage,
      hint: 'postgresql://user:password@host:5432/database, with :/?#@% of the password percent-encoded',
    });
  }
  return {
    host: parts.host,
    port: parts.port,
    user: parts.role,
    password: parts.password ?? '',
    database: parts.database,
  };
}

/** `name=value` pairs, where a value that is JSON is taken as such: numbers, null, true, a list of overrides. */
function settingsOf(pairs: readonly string[] | undefined): Record<string, unknown> | undefined {
  if (pairs === undefined) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) {
        throw new CommandError(`--set ${pair} is not NAME=VALUE`, { exitCode: exitCodes.usage });
      }
      return [pair.slice(0, at), settingValue(pair.slice(at + 1))];
    }),
  );
}

function settingValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A number given as an option. */
export function numberOption(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw new CommandError(`--${name} ${text} is not a number`, { exitCode: exitCodes.usage });
}
