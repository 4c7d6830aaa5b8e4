// Hands over the API key that is made when the catalog has none: into a file that its owner alone may read.
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Catalog, ensureFirstApiKey } from '@weir/catalog';
import type { Logger } from '@weir/telemetry';
import { ConfigError } from './config.ts';

/** Rejects with ConfigError if a key is needed and there is no file to write it to; then none is made. */
export async function handOverFirstKey(catalog: Catalog, file: string | null, log: Logger): Promise<void> {
  const made = await ensureFirstApiKey(catalog, async (key) => {
    if (file === null) {
      throw new ConfigError(
        'WEIR_FIRST_KEY_FILE is missing: the catalog has no API key yet, and the first is written there',
      );
    }
    await writePrivately(file, `${key}\n`);
  });
  if (made !== null) log.info({ file, keyId: made.id }, 'the first API key was made');
}

async function writePrivately(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}`;
  const handle = await open(partial, 'w', 0o600);
  try {
    await handle.writeFile(text);
    // The key exists nowhere else: it must be on disk before its hash is committed.
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}
