// Sets of names and values that are compared by identity: equal content gives the same object, while it is remembered.

/** An immutable set of settings, for instance what a client was told or what a server was given. */
export class ValueSet {
  readonly values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.values = values;
  }
}

/** The set without a value. */
export const noValues = new ValueSet(new Map());

// Values come from clients, so what is remembered is bounded; forgetting costs a needless replay, nothing else.
const rememberedMax = 4096;
const rememberedCharactersMax = 4 * 1024 * 1024;
const remembered = new Map<string, ValueSet>();
let rememberedCharacters = 0;
let timesForgotten = 0;

/** Changes when sets are forgotten: one that was kept since before is not the one that the same content gives now. */
export function valueSetsForgotten(): number {
  return timesForgotten;
}

/** The one set with this content. */
export function valueSetOf(values: ReadonlyMap<string, string>): ValueSet {
  if (values.size === 0) return noValues;
  const names = [...values.keys()].sort();
  let key = '';
  for (const name of names) {
    const value = values.get(name)!;
    key += `${name.length}:${name}${value.length}:${value}`;
  }
  const known = remembered.get(key);
  if (known !== undefined) return known;
  rememberedCharacters += key.length;
  if (remembered.size >= rememberedMax || rememberedCharacters > rememberedCharactersMax) {
    remembered.clear();
    timesForgotten++;
    rememberedCharacters = key.length;
  }
  const made = new ValueSet(new Map(names.map((name) => [name, values.get(name)!])));
  remembered.set(key, made);
  return made;
}

/** `set` with one value changed. */
export function withValue(set: ValueSet, name: string, value: string): ValueSet {
  if (set.values.get(name) === value) return set;
  return valueSetOf(new Map([...set.values, [name, value]]));
}
