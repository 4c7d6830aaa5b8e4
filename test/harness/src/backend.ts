// Whether Postgres and Redis run in containers or as local programs: TEST_BACKEND=auto|docker|local.

export type Backend = 'docker' | 'local';

let chosen: Promise<Backend> | null = null;

/** The backend of this run: what global-setup found, else found now. */
export function backend(): Promise<Backend> {
  chosen ??= choose();
  return chosen;
}

async function choose(): Promise<Backend> {
  const found = process.env.WEIR_TEST_BACKEND;
  if (found === 'docker' || found === 'local') return found;
  const wanted = process.env.TEST_BACKEND ?? 'auto';
  if (wanted === 'local') return 'local';
  try {
    const { getContainerRuntimeClient } = await import('testcontainers');
    await getContainerRuntimeClient();
    return 'docker';
  } catch (error) {
    if (wanted === 'docker')
      throw new Error('TEST_BACKEND=docker, but no container engine answers', { cause: error });
    return 'local';
  }
}

/** Runs `start`, and gives null when it fails or takes too long: a pull may fail although an engine answers. */
export async function fromContainer<T>(
  what: string,
  start: () => Promise<T>,
  stopLate: (value: T) => void,
): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  let late = false;
  const starting = start();
  starting.then(
    (value) => {
      if (late) stopLate(value);
    },
    () => {},
  );
  try {
    return await Promise.race([
      starting,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          late = true;
          reject(new Error('it took longer than 120 s'));
        }, 120_000);
      }),
    ]);
  } catch (error) {
    if (process.env.TEST_BACKEND === 'docker') throw error;
    console.warn(`${what}: no container (${(error as Error).message}); taking a local program`);
    return null;
  } finally {
    clearTimeout(timer);
  }
}
