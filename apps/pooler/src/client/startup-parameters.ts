// Sorts a client's startup parameters: for a pool's key, for replay, for Weir, ignored, refused. Pure.
import { PoolerError } from '../errors.ts';
import { canonicalBoolean, canonicalGucValue, isCustomGucName, knownGuc } from './canonical-guc.ts';
import { isIgnoredParameter } from './ignored-parameters.ts';
import { rawOptionsWords, unescapeOptionsWord } from './options-words.ts';

export interface StartupClaim {
  readonly parameters: ReadonlyMap<string, string>;
  /** Already stripped of `endpoint=…` by resolve-endpoint. */
  readonly options: string | undefined;
  /** The role that resolve-endpoint found; also the database if none is named. */
  readonly role: string;
}

export interface StartupParameters {
  readonly database: string;
  readonly replication: 'no' | 'physical' | 'logical';
  /** Canonical name -> canonical value, sorted by name; part of the pool's key, sent in the server's StartupMessage. */
  readonly keyGucs: ReadonlyMap<string, string>;
  /** application_name, client_encoding and custom (dotted) ones: differ by habit, so they are set per client. */
  readonly replayGucs: ReadonlyMap<string, string>;
  /** Names that were dropped because clients leak them. */
  readonly ignored: readonly string[];
}

const forWeir = new Set(['user', 'database', 'options', 'replication']);
const replayed = new Set(['application_name', 'client_encoding']);
// Each transaction begins with the defaults, so that a server which takes these at its start has forgotten them by the first one.
const ofTransactions = new Set(['transaction_isolation', 'transaction_read_only', 'transaction_deferrable']);

/** Throws PoolerError STARTUP_PARAMETER_UNKNOWN, STARTUP_PARAMETER_INVALID or STARTUP_OPTION_INVALID. */
export function splitStartupParameters(claim: StartupClaim): StartupParameters {
  const keyGucs = new Map<string, string>();
  const replayGucs = new Map<string, string>();
  const ignored: string[] = [];
  const put = (name: string, value: string) => {
    const guc = knownGuc(name);
    if (guc) {
      const gucs = replayed.has(guc.name) ? replayGucs : keyGucs;
      const canonical = canonicalGucValue(guc, value);
      if (!ofTransactions.has(guc.name)) gucs.set(guc.name, canonical);
    } else if (isCustomGucName(name)) replayGucs.set(name.toLowerCase(), value);
    else throw new PoolerError('STARTUP_PARAMETER_UNKNOWN', { name });
  };
  // Options first: as in the server, a parameter of its own beats the same name in options.
  for (const [name, value] of readOptions(claim.options)) put(name, value);
  for (const [name, value] of claim.parameters) {
    if (forWeir.has(name)) continue;
    if (isIgnoredParameter(name)) ignored.push(name);
    else put(name, value);
  }
  return {
    database: databaseOf(claim),
    replication: replicationOf(claim.parameters.get('replication')),
    keyGucs: new Map([...keyGucs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))),
    replayGucs,
    ignored,
  };
}

// libpq sends the user name where no database was given, and then it still has its `.<endpoint>`.
function databaseOf({ parameters, role }: StartupClaim): string {
  const database = parameters.get('database');
  return database === undefined || database === '' || database === parameters.get('user') ? role : database;
}

function replicationOf(value: string | undefined): StartupParameters['replication'] {
  if (value === undefined) return 'no';
  if (value === 'database') return 'logical';
  const on = canonicalBoolean(value);
  if (on === null) throw new PoolerError('STARTUP_PARAMETER_INVALID', { name: 'replication', value });
  return on === 'on' ? 'physical' : 'no';
}

/** `-c name=value`, `-cname=value` and `--name=value`; a `-` in a name stands for `_`. */
function readOptions(options: string | undefined): [name: string, value: string][] {
  const words = rawOptionsWords(options ?? '').map(unescapeOptionsWord);
  const settings: [string, string][] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    let setting: string | undefined;
    if (word === '-c') setting = words[++i];
    else if (word.startsWith('-c') || (word.startsWith('--') && word.length > 2)) setting = word.slice(2);
    const equals = setting?.indexOf('=') ?? -1;
    if (setting === undefined || equals <= 0) {
      throw new PoolerError('STARTUP_OPTION_INVALID', { argument: word.slice(0, 100) });
    }
    settings.push([setting.slice(0, equals).replaceAll('-', '_'), setting.slice(equals + 1)]);
  }
  return settings;
}
