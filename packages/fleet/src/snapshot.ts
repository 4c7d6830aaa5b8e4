// The last-known-good endpoints of one pooler on its disk, sealed, for the time when shared state is away.
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PublishedEndpoint } from '@weir/tenancy';
import { type EndpointDirectory, type EndpointLookUp, FleetUnavailableError } from './contract.ts';
import type { SealKeySource } from './seal-key-ring.ts';
import { openEndpoint, sealEndpoint } from './sealed-endpoint.ts';
import { withKeysOf } from './sealing.ts';

export interface EndpointSnapshotOptions {
  readonly file: string;
  readonly sealKeys: SealKeySource;
  /** How long changes are gathered before the file is written; 1 s unless told otherwise. */
  readonly saveDelayMs?: number;
  /** Most endpoints kept; the one not looked up for longest goes first. 50 000 unless told otherwise. */
  readonly endpointsMax?: number;
  /** Told when the file or a line of it is of no use: the pooler serves on, but an operator should know. */
  readonly onError?: (error: Error) => void;
}

/** One line of the file. The generation stands in the clear, since the seal is bound to it. */
interface SnapshotLine {
  readonly endpointId: string;
  readonly generation: number;
  readonly keyId: string;
  readonly box: string;
}

// Some 50 us each, so that clients do not feel it.
const linesPerTurn = 20;

/** Holds only sealed boxes in memory too; each is opened when it is asked for. One file belongs to one process. */
export class EndpointSnapshot {
  readonly #options: EndpointSnapshotOptions;
  /** In order of last use, the longest unused first. */
  readonly #lines = new Map<string, SnapshotLine>();
  /** What each line was sealed from, so that looking up an unchanged endpoint writes nothing. */
  readonly #digests = new Map<string, string>();
  #saveTimer: NodeJS.Timeout | null = null;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: EndpointSnapshotOptions) {
    this.#options = options;
  }

  /** Reads the file, if there is one; what was remembered since wins. Never rejects. */
  async load(): Promise<void> {
    let text = '';
    try {
      text = await readFile(this.#options.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#options.onError?.(error as Error);
    }
    for (const lineText of text.split('\n')) {
      if (lineText === '') continue;
      const line = parseLine(lineText);
      if (line === null)
        this.#options.onError?.(new Error(`${this.#options.file} holds a line that is none`));
      else if (!this.#lines.has(line.endpointId)) this.#lines.set(line.endpointId, line);
    }
  }

  remember(endpoint: PublishedEndpoint): void {
    const { endpointId } = endpoint;
    const digest = createHash('sha256').update(JSON.stringify(endpoint)).digest('base64');
    const unchanged = this.#digests.get(endpointId) === digest ? this.#lines.get(endpointId) : undefined;
    this.#lines.delete(endpointId);
    if (unchanged !== undefined && this.#isSealedAnew(unchanged)) {
      this.#lines.set(endpointId, unchanged);
      return;
    }
    this.#lines.set(endpointId, this.#seal(endpoint));
    this.#digests.set(endpointId, digest);
    this.#keepWithinBound();
    this.#saveSoon();
  }

  forget(endpointId: string): void {
    this.#digests.delete(endpointId);
    if (this.#lines.delete(endpointId)) this.#saveSoon();
  }

  /** The endpoint as it was when last looked up, or null. */
  recall(endpointId: string): PublishedEndpoint | null {
    const line = this.#lines.get(endpointId);
    if (line === undefined) return null;
    const { generation } = line;
    try {
      return withKeysOf(this.#options.sealKeys, (keys) =>
        openEndpoint(keys, { place: 'snapshot', endpointId, epoch: 0, generation }, line),
      );
    } catch (error) {
      this.#options.onError?.(error as Error);
      return null;
    }
  }

  /**
   * Seals what another key than the first has sealed once more, a few lines at a time. For when the keys have changed: an
   * endpoint that nobody asks for would else be lost with its key. Never rejects.
   */
  async sealAgain(): Promise<void> {
    let looked = 0;
    for (const endpointId of [...this.#lines.keys()]) {
      if (++looked % linesPerTurn === 0) await nextTurn();
      const line = this.#lines.get(endpointId);
      if (line === undefined || this.#isSealedAnew(line)) continue;
      const endpoint = this.recall(endpointId);
      if (endpoint === null) continue;
      this.#lines.set(endpointId, this.#seal(endpoint));
      this.#saveSoon();
    }
  }

  /** Writes what is not written yet. Called before the process ends. */
  async close(): Promise<void> {
    if (this.#saveTimer !== null) this.#save();
    await this.#saving;
  }

  // Epoch 0: epochs order publications in shared state; here the last one seen is simply the last one.
  #seal(endpoint: PublishedEndpoint): SnapshotLine {
    const { endpointId, generation } = endpoint;
    const sealed = sealEndpoint(this.#options.sealKeys.keys, 'snapshot', endpoint, 0);
    return { endpointId, generation, ...sealed };
  }

  #isSealedAnew(line: SnapshotLine): boolean {
    return line.keyId === this.#options.sealKeys.keys[0]?.id;
  }

  #keepWithinBound(): void {
    const endpointsMax = this.#options.endpointsMax ?? 50_000;
    for (const oldest of this.#lines.keys()) {
      if (this.#lines.size <= endpointsMax) return;
      this.#lines.delete(oldest);
      this.#digests.delete(oldest);
    }
  }

  #saveSoon(): void {
    if (this.#saveTimer !== null) return;
    this.#saveTimer = setTimeout(() => this.#save(), this.#options.saveDelayMs ?? 1_000);
    this.#saveTimer.unref();
  }

  #save(): void {
    if (this.#saveTimer !== null) clearTimeout(this.#saveTimer);
    this.#saveTimer = null;
    // One after the other: two writers of the same temporary file would leave neither's content.
    this.#saving = this.#saving
      .then(() => replaceFile(this.#options.file, [...this.#lines.values()].map(formatLine).join('')))
      .catch((error: Error) => this.#options.onError?.(error));
  }
}

/**
 * A directory that remembers what it looked up, and answers from memory of it while `directory` is unavailable
 * or has lost everything and knows nothing yet.
 */
export function withSnapshot(directory: EndpointDirectory, snapshot: EndpointSnapshot): EndpointDirectory {
  return {
    async lookUp(endpointId) {
      let answer: EndpointLookUp;
      try {
        answer = await directory.lookUp(endpointId);
      } catch (error) {
        const endpoint = error instanceof FleetUnavailableError ? snapshot.recall(endpointId) : null;
        if (endpoint === null) throw error;
        return { kind: 'found', endpoint, remembered: true };
      }
      if (answer.kind === 'found') snapshot.remember(answer.endpoint);
      if (answer.kind === 'absent' || answer.kind === 'deleted') snapshot.forget(endpointId);
      if (answer.kind !== 'not-known-yet') return answer;
      const endpoint = snapshot.recall(endpointId);
      return endpoint === null ? answer : { kind: 'found', endpoint, remembered: true };
    },
    onChange: (listener) => directory.onChange(listener),
  };
}

function formatLine({ endpointId, generation, keyId, box }: SnapshotLine): string {
  return `${JSON.stringify({ endpointId, generation, keyId, box })}\n`;
}

function parseLine(text: string): SnapshotLine | null {
  try {
    const { endpointId, generation, keyId, box } = JSON.parse(text);
    const isLine =
      typeof endpointId === 'string' &&
      typeof generation === 'number' &&
      typeof keyId === 'string' &&
      typeof box === 'string';
    return isLine ? { endpointId, generation, keyId, box } : null;
  } catch {
    return null;
  }
}

// Written beside, forced to disk, then renamed over: a reader finds the old file or the new one, never half of either.
async function replaceFile(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.new`;
  const handle = await open(beside, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
}
