// The key file: which keys seal and open what leaves a process. Nothing here encrypts.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** One AES-256 key under the short name that sealed records carry. */
export interface SealKey {
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** The key file is missing or malformed; the text names the line, never its content. */
export class SealKeyError extends Error {
  override name = 'SealKeyError';
}

const keyLine = /^([A-Za-z0-9_-]{1,64}):([0-9a-fA-F]{64})$/;

/**
 * Reads `<keyId>:<64 hex>` lines; empty lines and `#` comments are skipped. The first key seals, all open.
 * `source` names the text in errors. Throws SealKeyError.
 */
export function parseSealKeys(text: string, source = 'seal keys'): readonly SealKey[] {
  const keys: SealKey[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const match = keyLine.exec(line);
    if (match === null) throw new SealKeyError(`${source}: line ${index + 1} is not <keyId>:<64 hex digits>`);
    const id = match[1]!;
    if (keys.some((key) => key.id === id))
      throw new SealKeyError(`${source}: key id "${id}" stands there twice`);
    keys.push({ id, secret: new Uint8Array(Buffer.from(match[2]!, 'hex')) });
  }
  if (keys.length === 0) throw new SealKeyError(`${source}: there is no key in it`);
  return keys;
}

/** Reads a key file, as parseSealKeys does, and waits for it. Throws SealKeyError. */
export function loadSealKeys(file: string): readonly SealKey[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
  return parseSealKeys(text, sourceOf(file));
}

/** The same without holding anybody up. Rejects with SealKeyError. */
export async function sealKeysIn(file: string): Promise<readonly SealKey[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  return parseSealKeys(text, sourceOf(file));
}

function sourceOf(file: string): string {
  return `seal key file ${file}`;
}

function unreadable(file: string, cause: unknown): SealKeyError {
  const reason = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
  return new SealKeyError(`${sourceOf(file)} cannot be read (${reason})`, { cause });
}
