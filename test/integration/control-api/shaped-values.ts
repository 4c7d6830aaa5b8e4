// Random values for a JSON schema: most fit it, some break it in one place, some are nonsense.
import type { SeededRandom } from '../seeded-random.ts';

/** The part of JSON Schema that the API's schemas use. */
export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly format?: string;
}

const texts: readonly string[] = [
  '',
  ' ',
  'a',
  'Shop',
  'x'.repeat(64),
  'é'.repeat(40),
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u{1f40d}',
  '‮',
  '%',
  '\\',
  "'; drop table tenants; --",
  '../../etc',
  '__proto__',
  'constructor',
  '127.0.0.1',
  'localhost',
  '1e309',
  '-1',
  '0',
  '9'.repeat(30),
  'NaN',
  '2026-02-30T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59-23:59',
  '2026-01-01T00:00:00+00:00',
  '-----BEGIN CERTIFICATE-----',
];
const numbers: readonly number[] = [
  0,
  1,
  -1,
  2,
  0.5,
  5432,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  1e308,
];
const nonsense: readonly unknown[] = [null, true, false, [], {}, '', 0, [[]], { a: { b: [] } }, [null]];

/** A value for a schema; one time in `oddity` a part of it does not fit. `known` are texts that mean something. */
export function valueFor(
  schema: JsonSchema,
  random: SeededRandom,
  known: readonly string[],
  oddity: number,
): unknown {
  if (random.oneIn(oddity)) return random.pick(nonsense);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return random.pick(schema.enum);
  if (schema.anyOf !== undefined) return valueFor(random.pick(schema.anyOf), random, known, oddity);
  switch (schema.type) {
    case 'object':
      return objectFor(schema, random, known, oddity);
    case 'array':
      return Array.from({ length: random.below(4) }, () =>
        valueFor(schema.items ?? {}, random, known, oddity),
      );
    case 'boolean':
      return random.oneIn(2);
    case 'null':
      return null;
    case 'integer':
    case 'number':
      return numberFor(schema, random);
    default:
      return random.oneIn(2) ? random.pick(known) : random.pick(texts);
  }
}

function objectFor(schema: JsonSchema, random: SeededRandom, known: readonly string[], oddity: number) {
  const made: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const isRequired = schema.required?.includes(name) ?? false;
    if (isRequired ? random.oneIn(oddity * 2) : random.oneIn(2)) continue;
    made[name] = valueFor(inner, random, known, oddity);
  }
  if (random.oneIn(oddity)) made[random.pick(texts)] = random.pick(nonsense);
  return made;
}

function numberFor({ type, minimum, maximum }: JsonSchema, random: SeededRandom): number {
  if (random.oneIn(3)) return random.pick(numbers);
  const lowest = Math.max(minimum ?? 0, -(2 ** 31));
  const highest = Math.min(maximum ?? 1_000_000, lowest + 1_000_000);
  if (random.oneIn(4)) return random.pick([minimum ?? lowest, maximum ?? highest, highest + 1, lowest - 1]);
  const value = lowest + random.below(Math.max(1, highest - lowest));
  return type === 'integer' ? Math.floor(value) : value;
}
