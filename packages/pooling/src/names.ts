// Names in messages: where they end, and what they are as map keys.

/** Where the next NUL in `bytes[from..to)` is, or -1. */
export function indexOfNul(bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) if (bytes[i] === 0) return i;
  return -1;
}

/** A name as a map key: byte for character, never shown to anyone but the client that chose it. */
export function nameText(bytes: Uint8Array, from: number, to: number): string {
  let name = '';
  for (let i = from; i < to; i++) name += String.fromCharCode(bytes[i]!);
  return name;
}
