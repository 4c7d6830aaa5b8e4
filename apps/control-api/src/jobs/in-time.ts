// Waiting for something no longer than it is worth.

/** What `work` resolves to, or `otherwise` after `ms`; how it ends later is then nobody's concern. Rejects if it fails within them. */
export async function inTime<T>(work: Promise<T>, ms: number, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), ms);
  });
  return Promise.race([work, tooLate]).finally(() => clearTimeout(timer));
}
