// Keeps what happened together from happening together again.

/** `pauseMs`, spread by a fifth to both sides. */
export function spread(pauseMs: number): number {
  return pauseMs * (0.8 + Math.random() * 0.4);
}
