// Sets of message types as tables, since they are asked for every message.

/** 1 at each of the type bytes given, 0 elsewhere. */
export function typeTable(types: Iterable<number>): Uint8Array {
  const table = new Uint8Array(256);
  for (const type of types) table[type] = 1;
  return table;
}
