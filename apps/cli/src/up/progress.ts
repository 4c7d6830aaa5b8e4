// What `weir up` says while it works: a line a step, with the time it took.

export interface Progress {
  /** Something that is worth knowing now. */
  say(line: string): void;
  /** Runs one step and tells how it went; what it gives is described by `describe`. */
  step<T>(name: string, work: () => Promise<T>, describe?: (value: T) => string): Promise<T>;
}

/** Progress on stderr, so that stdout holds the result alone. */
export function createProgress(): Progress {
  const write = (line: string) => process.stderr.write(`${line}\n`);
  return {
    say: (line) => write(`  ${line}`),
    async step(name, work, describe) {
      const started = performance.now();
      const value = await work();
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      write(`  ${`${name}:`.padEnd(16)} ${describe?.(value) ?? 'ready'} (${seconds} s)`);
      return value;
    },
  };
}
