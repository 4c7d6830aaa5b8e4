// Signals that ask a process to end: the first begins the drain, the same one again means it.

/**
 * Calls `drain` once, for the first SIGTERM or SIGINT, and `insist` when one of them comes again. One of each asks once:
 * from a terminal SIGINT goes to all processes, and whoever started them may add a SIGTERM to it.
 */
export function onEndSignals(drain: () => void, insist: () => void): void {
  const seen = new Set<string>();
  const told = (signal: string): void => {
    if (seen.has(signal)) return insist();
    const first = seen.size === 0;
    seen.add(signal);
    if (first) drain();
  };
  process.on('SIGTERM', () => told('SIGTERM'));
  process.on('SIGINT', () => told('SIGINT'));
}
