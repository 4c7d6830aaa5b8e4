// Changes of a seal key file: each replaces the whole file at once, so that who reads it meanwhile finds the old one or the new one.
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { loadSealKeys, parseSealKeys, SealKeyError } from '@weir/fleet';
import { CommandError, exitCodes } from './command.ts';

/** Adds a fresh key behind the others, which opens and does not seal. Gives its id. Throws CommandError. */
export function addSealKey(file: string): string {
  const id = `k${randomBytes(3).toString('hex')}`;
  change(file, (lines) => [...lines, `${id}:${randomBytes(32).toString('hex')}`]);
  return id;
}

/** Lets a key of the file be the one that seals. Throws CommandError. */
export function putSealKeyFirst(file: string, id: string): void {
  change(file, (lines) => {
    const line = lineOf(file, lines, id);
    return [line, ...lines.filter((other) => other !== line)];
  });
}

/** Takes a key out of the file, for good. Throws CommandError, also for the one that seals. */
export function removeSealKey(file: string, id: string): void {
  change(file, (lines) => {
    const line = lineOf(file, lines, id);
    if (idsIn(file)[0] === id) {
      throw new CommandError(`"${id}" is the key that seals`, {
        exitCode: exitCodes.refused,
        hint: 'put another one first: weir seal-key use FILE KEY',
      });
    }
    return lines.filter((other) => other !== line);
  });
}

/** The ids of the file's keys, the one that seals first. Throws CommandError. */
export function idsIn(file: string): readonly string[] {
  try {
    return loadSealKeys(file).map(({ id }) => id);
  } catch (error) {
    if (error instanceof SealKeyError) throw new CommandError(error.message, { cause: error });
    throw error;
  }
}

function lineOf(file: string, lines: readonly string[], id: string): string {
  const line = lines.find((candidate) => candidate.trim().startsWith(`${id}:`));
  if (line !== undefined) return line;
  throw new CommandError(`${file} has no key "${id}"`, {
    exitCode: exitCodes.notFound,
    hint: `it has ${idsIn(file).join(', ')}`,
  });
}

function change(file: string, edit: (lines: readonly string[]) => readonly string[]): void {
  idsIn(file);
  const lines = readFileSync(file, 'utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const text = `${edit(lines).join('\n')}\n`;
  parseSealKeys(text, file);
  const beside = `${file}.new`;
  const { mode, uid, gid } = statSync(file);
  const handle = openSync(beside, 'w', mode & 0o777);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  // Whoever changes it is perhaps not who runs the processes, and they have to read it still.
  if (statSync(beside).uid !== uid || statSync(beside).gid !== gid) chownSync(beside, uid, gid);
  renameSync(beside, file);
}
