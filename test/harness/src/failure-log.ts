// Prints what the servers of a test have written when that test fails; a passing test prints nothing.

/** Arranges for `read()` to be printed if the test that is running now fails. Outside a test it does nothing. */
export async function printOnFailure(name: string, read: () => string): Promise<void> {
  // The benchmark uses the harness too, where there is no vitest to import.
  if (process.env.VITEST === undefined) return;
  const { onTestFailed } = await import('vitest');
  try {
    onTestFailed(() => {
      console.error(
        `--- the end of what ${name} wrote ---\n${read().trimEnd().split('\n').slice(-60).join('\n')}\n---`,
      );
    });
  } catch {
    // Started in a hook: there is no current test to watch. startWeir's `logs()` is there for that.
  }
}
