// Waiting for a condition with a deadline, the only way in which tests wait.

export interface WaitOptions {
  /** What is waited for, as the error says it. */
  readonly what: string;
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/**
 * Asks `condition` until it gives a value other than false, null or undefined, and resolves with that value.
 * An error that it throws counts as «not yet». Rejects at the deadline (60 s) with what was waited for.
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions,
): Promise<Exclude<T, false | null | undefined>> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) {
        return value as Exclude<T, false | null | undefined>;
      }
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline) {
      throw new Error(
        `${options.what}: not within ${timeoutMs} ms`,
        last === undefined ? undefined : { cause: last },
      );
    }
    await new Promise((done) => setTimeout(done, options.intervalMs ?? 25));
  }
}
