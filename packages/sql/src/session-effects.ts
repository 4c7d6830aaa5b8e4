// What one SQL text does to the session that runs it, told by Postgres's own parser. Remembered by text, bounded in bytes.
import { hasSqlDetails, loadModule, parseSync, scanSync } from 'libpg-query';
import { harmlessFunctions } from './harmless-functions.ts';

/** State that cannot follow a client to another server connection. */
export type Unreplayable =
  | 'listen'
  | 'prepare'
  | 'load'
  | 'temp-object'
  | 'advisory-lock'
  | 'hold-cursor'
  | 'seed'
  | 'sequence-state'
  | 'replication'
  | 'nested-connection'
  /** What the server has counted for this session is to be told by it. */
  | 'statistics'
  | 'set'
  | 'set-config';

/** Net effect of a text, its statements taken in order. */
export interface SessionEffects {
  /** Settings whose session value may be another afterwards: lower-case names. */
  readonly settings: readonly string[];
  /** Of those, the ones that the text puts back to the session's start and does not set again. */
  readonly resets: readonly string[];
  /** RESET ALL or DISCARD ALL came before the settings above. `discard`: role and session_authorization too. */
  readonly resetAll: 'no' | 'reset' | 'discard';
  /** The gravest of what cannot follow; null: nothing. */
  readonly unreplayable: Unreplayable | null;
  /** BEGIN, COMMIT and the like stand in it, so that what it does may be undone by what follows. */
  readonly transactionControl: boolean;
  /** A DO block, a CALL, or a function that is not known to leave nothing behind: it may do anything to the session. */
  readonly unknownCode: boolean;
  /** It uses tables or changes something, so that triggers, views, defaults and rules may run code that it does not name. */
  readonly touchesData: boolean;
  /** Channels that it stops listening to; `all`: each there is. */
  readonly unlistens: readonly string[] | 'all';
  /** It asks which channels the session listens to. */
  readonly showsChannels: boolean;
}

const noEffects: SessionEffects = {
  settings: [],
  resets: [],
  resetAll: 'no',
  unreplayable: null,
  transactionControl: false,
  unknownCode: false,
  touchesData: false,
  unlistens: [],
  showsChannels: false,
};

/** To be awaited once before the first text is asked about: the parser is WebAssembly. */
export async function loadSqlParser(): Promise<void> {
  await loadModule();
}

/** Parsing takes microseconds a kilobyte and stops everything else meanwhile; a longer text is only looked through. */
export const parsedTextBytesMax = 64 * 1024;
const rememberedCharactersMax = 8 * 1024 * 1024;
/** About what one more costs beside its text. */
const entryCharacters = 200;

const remembered = new Map<string, SessionEffects | null>();
let rememberedCharacters = 0;

/** The effects of `text`, or null if the parser does not know it: most often the server then doesn't either. */
export function sessionEffects(text: string): SessionEffects | null {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const effects = parsedEffects(text);
  rememberedCharacters += text.length + entryCharacters;
  if (rememberedCharacters > rememberedCharactersMax) {
    remembered.clear();
    rememberedCharacters = text.length + entryCharacters;
  }
  remembered.set(text, effects);
  return effects;
}

const normalizedCharactersMax = 300;
// As the scanner cuts them: strings of each kind, and numbers.
const constant = /^(?:(?:[ebxn]|u&)?'|\$\w*\$|\.?\d)/i;
const comment = /^(?:--|\/\*)/;

/**
 * A text that the parser knows without its values and comments, for people to read; shortened. Null if that fails.
 * The parser's own normalization leaves the values of utility statements in.
 */
export function normalizedText(text: string): string | null {
  if (broken) return null;
  let normalized = '';
  let from = 0;
  try {
    for (const token of scanSync(text).tokens) {
      const at = text.indexOf(token.text, from);
      normalized += text.slice(from, at);
      if (constant.test(token.text)) normalized += '?';
      else if (!comment.test(token.text)) normalized += token.text;
      from = at + token.text.length;
    }
  } catch {
    return null;
  }
  normalized = normalized.replaceAll(/\s+/g, ' ').trim();
  if (normalized.length <= normalizedCharactersMax) return normalized;
  return `${normalized.slice(0, normalizedCharactersMax)}…`;
}

/** The parser has failed in a way that it never should: nobody knows what it would say now. */
let broken = false;

/** True once the parser can no longer be asked: every text that hints at session state then pins. */
export function sqlParserFailed(): boolean {
  return broken;
}

function parsedEffects(text: string): SessionEffects | null {
  if (broken) return null;
  // The parser takes that for a mistake of its caller.
  if (text === '') return noEffects;
  let statements: readonly Node[];
  try {
    statements = (parseSync(text).stmts ?? []).map(({ stmt }) => stmt as Node);
  } catch (error) {
    broken = !hasSqlDetails(error);
    return null;
  }
  const walk = new EffectsWalk();
  try {
    for (const statement of statements) walk.statement(statement, statements.length === 1);
  } catch {
    // A tree too deep to be walked: as little is known of it as of one that cannot be parsed.
    return null;
  }
  return walk.effects();
}

/** A node of the parse tree: the parser's JSON, of which only a few kinds are looked at. */
type Node = { readonly [key: string]: unknown };

// Belong to a transaction, whichever way they are set.
const ofTransaction = new Set(['transaction_isolation', 'transaction_read_only', 'transaction_deferrable']);
const characteristics = [
  'default_transaction_isolation',
  'default_transaction_read_only',
  'default_transaction_deferrable',
];

const functions: ReadonlyMap<string, Unreplayable> = new Map([
  ['pg_advisory_lock', 'advisory-lock'],
  ['pg_advisory_lock_shared', 'advisory-lock'],
  ['pg_try_advisory_lock', 'advisory-lock'],
  ['pg_try_advisory_lock_shared', 'advisory-lock'],
  ['setseed', 'seed'],
  ['currval', 'sequence-state'],
  ['lastval', 'sequence-state'],
  ['pg_replication_origin_session_setup', 'replication'],
  ['pg_create_logical_replication_slot', 'replication'],
  ['pg_create_physical_replication_slot', 'replication'],
  ['pg_copy_logical_replication_slot', 'replication'],
  ['pg_copy_physical_replication_slot', 'replication'],
  ['dblink_connect', 'nested-connection'],
  ['dblink_connect_u', 'nested-connection'],
  ['pg_stat_force_next_flush', 'statistics'],
  // The views of it call it by this name.
  ['pg_prepared_statement', 'prepare'],
]);

// CURSOR_OPT_HOLD in the server's parsenodes.h.
const cursorHold = 0x20;

// Words in PL code for which a DO block is not believed to be harmless. What stands in quotes counts: it may be executed.
const plWords: readonly (readonly [RegExp, Unreplayable])[] = [
  [/\b(?:temp|temporary|pg_temp)\b/i, 'temp-object'],
  [/\bpg_(?:try_)?advisory_lock(?:_shared)?\b/i, 'advisory-lock'],
  [/\bset_config\b/i, 'set-config'],
  [/\bsetseed\b/i, 'seed'],
  [/\b(?:currval|lastval)\b/i, 'sequence-state'],
  [/\bdblink_connect/i, 'nested-connection'],
  [/\bpg_(?:replication_origin_session_setup|create_\w+_slot|copy_\w+_slot)\b/i, 'replication'],
  [/\b(?:listen|prepare|load)\b/i, 'set'],
  [/\b(?:set|reset|discard)\b/i, 'set'],
];
// The one harmless place of the word SET.
const updateSet = /\bupdate\b[^;]*?\bset\b/gi;

// Postgres folds names of settings as ASCII, whatever the language.
const lower = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** What a session can be asked about later: it gives way to what nobody can see once it is there. */
export const shownState: readonly Unreplayable[] = [
  'listen',
  'prepare',
  'temp-object',
  'advisory-lock',
  'hold-cursor',
];
const graveness = (what: Unreplayable): number =>
  what === 'sequence-state' ? 0 : shownState.includes(what) ? 1 : 2;

class EffectsWalk {
  private readonly settings = new Set<string>();
  private readonly resets = new Set<string>();
  private readonly everSet = new Set<string>();
  private resetAll: SessionEffects['resetAll'] = 'no';
  private unreplayable: Unreplayable | null = null;
  private transactionControl = false;
  private unknownCode = false;
  private touchesData = false;
  private unlistens: string[] | 'all' = [];
  private showsChannels = false;

  effects(): SessionEffects {
    const { settings, resets, everSet, resetAll, unreplayable, transactionControl } = this;
    const { unknownCode, touchesData, unlistens, showsChannels } = this;
    const none = settings.size === 0 && resetAll === 'no' && unreplayable === null && unlistens.length === 0;
    if (none && !transactionControl && !unknownCode && !touchesData && !showsChannels) return noEffects;
    return {
      // What undoes a RESET ALL brings back what was set before it.
      settings: [...(transactionControl ? everSet : settings)],
      resets: [...resets],
      resetAll,
      unreplayable,
      transactionControl,
      unknownCode,
      touchesData,
      unlistens,
      showsChannels,
    };
  }

  statement(node: Node, alone: boolean): void {
    const [kind] = Object.keys(node);
    const body = node[kind!] as Node;
    switch (kind) {
      case 'VariableSetStmt':
        return this.set(body);
      case 'TransactionStmt':
        this.transactionControl = true;
        return;
      case 'DiscardStmt':
        if (body.target === 'DISCARD_ALL') this.forgetAll('discard');
        return;
      case 'ListenStmt':
        return this.suspect('listen');
      case 'UnlistenStmt':
        // Without a name: UNLISTEN *.
        if (typeof body.conditionname !== 'string') this.unlistens = 'all';
        else if (this.unlistens !== 'all') this.unlistens.push(body.conditionname);
        return;
      case 'PrepareStmt':
      case 'ExecuteStmt':
        return this.suspect('prepare');
      case 'DeallocateStmt':
        // One alone, and ALL, are understood where they stand; among other statements the name must be the server's.
        if (!alone && body.isall !== true) this.suspect('prepare');
        return;
      case 'LoadStmt':
        return this.suspect('load');
      case 'CreateFunctionStmt':
        // The server loads the library to look for it, and its static variables stay.
        if (/"defname":"language","arg":\{"String":\{"sval":"c"/i.test(JSON.stringify(body.options ?? []))) {
          return this.suspect('load');
        }
        return this.look(node);
      case 'AlterRoleSetStmt':
      case 'AlterDatabaseSetStmt':
      case 'AlterSystemStmt':
        // For sessions to come; the command tag tells.
        return;
      case 'CallStmt':
        // A procedure may commit.
        this.transactionControl = true;
        this.unknownCode = true;
        return this.look(node);
      case 'DoStmt':
        this.unknownCode = true;
        this.plBody(JSON.stringify(body).replaceAll(/\\[nrt]/g, ' '));
        return;
      case 'VariableShowStmt':
        return;
      default:
        if (kind !== 'SelectStmt') this.touchesData = true;
        this.look(node);
    }
  }

  private suspect(what: Unreplayable): void {
    if (this.unreplayable === null || graveness(what) > graveness(this.unreplayable))
      this.unreplayable = what;
  }

  private forgetAll(how: 'reset' | 'discard'): void {
    this.settings.clear();
    this.resets.clear();
    if (this.resetAll !== 'discard') this.resetAll = how;
  }

  private set(body: Node): void {
    const name = typeof body.name === 'string' ? lower(body.name) : '';
    switch (body.kind) {
      case 'VAR_RESET_ALL':
        return this.forgetAll('reset');
      case 'VAR_SET_MULTI':
        if (name === 'session characteristics') for (const one of characteristics) this.setting(one);
        return;
      case 'VAR_RESET':
      case 'VAR_SET_DEFAULT':
        if (body.is_local === true) return;
        this.setting(name);
        if (this.settings.has(name)) this.resets.add(name);
        return;
      default:
        if (body.is_local === true) return;
        if (name === 'search_path' && isText((body.args as Node[] | undefined)?.[0], 'pg_temp')) {
          return this.suspect('temp-object');
        }
        this.setting(name);
    }
  }

  private setting(name: string): void {
    if (ofTransaction.has(name)) return;
    // No server shows it.
    if (name === 'seed') return this.suspect('seed');
    // Whether such a name may be set depends on whether the session has loaded the language yet.
    if (/^pl(?:pgsql|perlu?|tcl|python3?)\./.test(name)) return this.suspect('load');
    // Becoming somebody else gives up the role.
    if (name === 'session_authorization') this.setting('role');
    this.settings.add(name);
    this.everSet.add(name);
    this.resets.delete(name);
  }

  private plBody(text: string): void {
    const code = text.replaceAll(updateSet, ' ');
    for (const [words, what] of plWords) if (words.test(code)) this.suspect(what);
  }

  /** Goes through whatever else a statement holds. */
  private look(value: unknown): void {
    if (Array.isArray(value)) {
      if (value.length > 1 && isName(value[0], 'pg_temp')) this.suspect('temp-object');
      for (const item of value) this.look(item);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const node = value as Node;
    if (node.relpersistence === 't') this.suspect('temp-object');
    if (typeof node.schemaname === 'string' && node.schemaname.startsWith('pg_temp')) {
      this.suspect('temp-object');
    }
    if (node.relname === 'pg_prepared_statements') this.suspect('prepare');
    for (const key of Object.keys(node)) {
      const inner = node[key] as Node;
      switch (key) {
        // An operator or a type may be the application's own, with functions of its own behind it.
        case 'A_Expr':
        case 'TypeCast':
        case 'RangeVar':
          this.touchesData = true;
          break;
        case 'FuncCall':
          this.call(inner);
          break;
        case 'DeclareCursorStmt':
          if (((inner.options as number | undefined) ?? 0) & cursorHold) this.suspect('hold-cursor');
          break;
        case 'ExecuteStmt':
          this.suspect('prepare');
          break;
        case 'CreateStmt':
        case 'into':
        case 'intoClause':
          // A table that goes with its transaction leaves nothing to inherit.
          if ((inner.oncommit ?? inner.onCommit) === 'ONCOMMIT_DROP') continue;
          break;
      }
      this.look(inner);
    }
  }

  private call(node: Node): void {
    const names = (node.funcname as Node[] | undefined) ?? [];
    const name = textOf(names.at(-1));
    if (name === null) return;
    const unreplayable = functions.get(name);
    if (unreplayable !== undefined) return this.suspect(unreplayable);
    if (name === 'pg_listening_channels') this.showsChannels = true;
    if (name !== 'set_config') {
      const schema = names.length > 1 ? textOf(names[0]) : 'pg_catalog';
      if (schema !== 'pg_catalog' || !harmlessFunctions.has(name)) this.unknownCode = true;
      return;
    }
    const args = (node.args as Node[] | undefined) ?? [];
    // «For this transaction only»: a constant, or a cast of one.
    if (isTrue(args[2])) return;
    const setting = textOf(args[0]);
    if (setting === null) this.suspect('set-config');
    else this.setting(lower(setting));
  }
}

/** The text of a String node or of a constant, or null. */
function textOf(node: Node | undefined): string | null {
  const name = (node?.String as Node | undefined)?.sval;
  if (typeof name === 'string') return name;
  const constant = ((node?.A_Const as Node | undefined)?.sval as Node | undefined)?.sval;
  if (typeof constant === 'string') return constant;
  const cast = node?.TypeCast as { readonly arg?: Node } | undefined;
  return cast?.arg === undefined ? null : textOf(cast.arg);
}

function isName(node: unknown, text: string): boolean {
  return ((node as Node | null)?.String as Node | undefined)?.sval === text;
}

function isText(node: Node | undefined, text: string): boolean {
  return textOf(node)?.toLowerCase() === text;
}

function isTrue(node: Node | undefined): boolean {
  const constant = node?.A_Const as Node | undefined;
  if (constant !== undefined && 'boolval' in constant) return (constant.boolval as Node).boolval === true;
  return /^(?:t|true|on|yes|y|1)$/i.test(node === undefined ? '' : (textOf(node) ?? ''));
}
