// Which adapter serves this process's sockets: the native one where it was built and can be loaded, else the runtime's own.
import { bun } from './bun-runtime.ts';
import { asError, TransportError } from './errors.ts';
import { type NativeLoop, nativeLoop } from './native-loop.ts';

/** What may be asked for. `auto`: native where it can be had. */
export type TransportName = 'auto' | 'native' | 'node';

/** What is used, and why in words. */
export interface TransportChoice {
  readonly transport: 'native' | 'node' | 'bun';
  readonly reason: string;
}

let chosen: NativeLoop | null = null;

/**
 * Chooses for all connections that this process (or worker) makes from now on; without a call it is the runtime's own.
 * Throws TransportError if `native` is asked for and cannot be had.
 */
export function chooseTransport(wanted: TransportName): TransportChoice {
  chosen = null;
  if (wanted === 'node') return { transport: bun === null ? 'node' : 'bun', reason: 'asked for' };
  try {
    chosen = nativeLoop();
    return { transport: 'native', reason: wanted === 'native' ? 'asked for' : 'built for this Node' };
  } catch (thrown) {
    const { message } = asError(thrown);
    if (wanted === 'native') throw new TransportError(message, asError(thrown));
    return { transport: bun === null ? 'node' : 'bun', reason: `the native one cannot be had: ${message}` };
  }
}

/** The loop of native sockets if that is what was chosen. */
export function chosenLoop(): NativeLoop | null {
  return chosen;
}
