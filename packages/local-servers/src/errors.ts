// The failures of local servers, each with what happened and what to do about it; nothing here starts or stops anything.

/** Why a local server could not be brought up. */
export type LocalServerErrorCode =
  | 'BINARIES_MISSING'
  | 'BINARIES_UNUSABLE'
  | 'DATA_DIRECTORY_IN_USE'
  | 'DATA_DIRECTORY_UNREACHABLE'
  | 'INIT_FAILED'
  | 'EXITED_EARLY'
  | 'NOT_READY_IN_TIME'
  | 'PORT_TAKEN'
  | 'NO_FREE_PORT'
  | 'FETCH_FAILED'
  | 'KEY_FILE_UNUSABLE';

/** A local server that could not be brought up. `hint` says what to do; `output` is the end of its own log, if any. */
export class LocalServerError extends Error {
  override name = 'LocalServerError';
  readonly code: LocalServerErrorCode;
  readonly hint: string | null;
  readonly output: string | null;

  constructor(
    code: LocalServerErrorCode,
    message: string,
    facts: { hint?: string; output?: string; cause?: unknown } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.hint = facts.hint ?? null;
    this.output = facts.output ?? null;
  }
}
