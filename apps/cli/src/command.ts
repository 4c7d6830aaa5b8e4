// What a command of `weir` is, and the one error that reaches the person at the terminal.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

export interface Command {
  readonly name: string;
  /** As in `weir <usage>`. */
  readonly usage: string;
  /** One line; null: for our own use, not listed. */
  readonly summary: string | null;
  readonly help: string;
  /** Gives the exit code, 0 by default. */
  run(args: readonly string[]): Promise<number | undefined> | Promise<void>;
}

/** A command that cannot be carried out: what happened, and what to do about it. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly hint: string | null;
  readonly output: string | null;
  /** 1: it failed; 2: it was called wrongly. */
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

/** Parses a command's arguments; unknown ones are refused by name. `--json` is always allowed. */
export function parseOptions<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
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
