// What a command of `weir` is, and the one error that reaches the person at the terminal.
import { readFileSync } from 'node:fs';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

export interface Command {
  readonly name: string;
  /** As in `weir <usage>`. */
  readonly usage: string;
  /** One line; null: for our own use, not listed. */
  readonly summary: string | null;
  readonly help: string;
  /** What its first word may be, where it has a choice of them. */
  readonly actions: readonly string[];
  readonly options: ParseArgsOptionsConfig;
  /** Gives the exit code, 0 by default. Throws CommandError. */
  run(args: readonly string[]): Promise<number | undefined>;
}

/** What a command was called with. `--json` is always allowed. */
export type Given<Options extends ParseArgsOptionsConfig> = ReturnType<typeof parseOptions<Options>>;

/** Makes a command that parses its own arguments; unknown ones are refused by name. */
export function defineCommand<const Options extends ParseArgsOptionsConfig>(definition: {
  readonly name: string;
  readonly usage: string;
  readonly summary: string | null;
  readonly help?: string;
  readonly actions?: readonly string[];
  readonly options: Options;
  readonly run: (given: Given<Options>) => Promise<number | undefined> | Promise<void>;
}): Command {
  return {
    ...definition,
    help: definition.help ?? '',
    actions: definition.actions ?? [],
    run: async (args) => (await definition.run(parseOptions(args, definition.options))) ?? undefined,
  };
}

/** Exit codes, as docs/cli.md lists them. */
export const exitCodes = { failed: 1, usage: 2, unauthorized: 3, notFound: 4, refused: 5, unreachable: 6 };

/** A command that cannot be carried out: what happened, and what to do about it. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly hint: string | null;
  readonly output: string | null;
  /** One of `exitCodes`. */
  readonly exitCode: number;

  constructor(
    message: string,
    facts: { hint?: string | null; output?: string | null; exitCode?: number; cause?: unknown } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.hint = facts.hint ?? null;
    this.output = facts.output ?? null;
    this.exitCode = facts.exitCode ?? 1;
  }

  /** Any error as one of these; what is unexpected keeps its stack. */
  static of(error: unknown): CommandError {
    if (error instanceof CommandError) return error;
    const facts = error as { name?: string; message?: string; hint?: string; output?: string; code?: string };
    if (facts.name === 'LocalServerError') {
      return new CommandError(facts.message ?? '', {
        hint: facts.hint ?? null,
        output: facts.output ?? null,
      });
    }
    if (facts.code?.startsWith('ERR_PARSE_ARGS')) {
      return new CommandError(facts.message ?? '', { exitCode: 2 });
    }
    return new CommandError(error instanceof Error ? (error.stack ?? error.message) : String(error), {
      cause: error,
    });
  }
}

function parseOptions<Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  return parseArgs({
    args: [...args],
    options: { ...options, json: { type: 'boolean' } as const },
    allowPositionals: true,
    strict: true,
  });
}

/** A port number given as an option, or null when it was not given. */
export function portOption(name: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new CommandError(`--${name} ${value} is not a port`, {
      exitCode: 2,
      hint: 'a port is a number from 1 to 65535',
    });
  }
  return port;
}

/** A number of seconds given as an option; the API judges how many there may be. */
export function secondsOption(name: string, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new CommandError(`--${name} ${value} is not a number of seconds`, { exitCode: exitCodes.usage });
}

/** The one word that a command is about. Throws CommandError when there is none or more. */
export function onlyWord(words: readonly string[], what: string, hint: string | null = null): string {
  const [word, ...more] = words;
  if (word === undefined) throw new CommandError(`name ${what}`, { exitCode: exitCodes.usage, hint });
  if (more.length > 0) {
    throw new CommandError(`"${more[0]}" is one word too many`, { exitCode: exitCodes.usage });
  }
  return word;
}

/** The file's text. Throws CommandError when it cannot be read. */
export function readTextFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? String(cause);
    throw new CommandError(`${file} cannot be read (${code})`, { cause });
  }
}

/** What programs read: one JSON document, with a line end. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

/** Rows under their headings, each column as wide as its widest cell. */
export function tableOf(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
