// Looks for a program in the directories of PATH, as a shell would; it does not run anything.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The full path of the first of `names` that is on PATH, or null. */
export function findProgram(names: readonly string[], path = process.env.PATH ?? ''): string | null {
  for (const name of names) {
    for (const directory of path.split(delimiter)) {
      if (directory === '') continue;
      const file = join(directory, name);
      try {
        accessSync(file, constants.X_OK);
        if (statSync(file).isFile()) return file;
      } catch {
        // Not there, or not ours to run: the next directory may have it.
      }
    }
  }
  return null;
}
