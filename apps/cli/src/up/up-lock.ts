// One `weir up` a state directory: a file with the pid of the one that runs.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../command.ts';

export interface UpLock {
  /** The one before had no chance to end its servers; they are being ended now, and may hold their ports for a moment. */
  readonly wasLeftOver: boolean;
  unlock(): void;
}

/** Takes the lock, also from one that died without giving it back. Throws CommandError while another runs. */
export function takeLock(directory: string): UpLock {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'up.pid');
  let wasLeftOver = false;
  for (;;) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const pid = Number.parseInt(readText(file), 10);
    if (pid > 0 && pid !== process.pid && isWeir(pid)) {
      throw new CommandError(`Weir runs here already (pid ${pid}, ${directory})`, {
        hint: `stop it with Ctrl-C in its terminal or with: kill ${pid}`,
      });
    }
    rmSync(file, { force: true });
    wasLeftOver = true;
  }
  return {
    wasLeftOver,
    unlock() {
      if (Number.parseInt(readText(file), 10) === process.pid) rmSync(file, { force: true });
    },
  };
}

function isWeir(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // The number may belong to some other program by now; without /proc it is believed.
  const command = readText(`/proc/${pid}/cmdline`);
  return command === '' || /\bup\b/.test(command.replaceAll('\0', ' '));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
