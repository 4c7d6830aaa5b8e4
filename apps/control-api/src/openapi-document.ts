// Tidies the generated OpenAPI document: schemas nobody refers to go, and a name has no suffix it does not need.
import type { SwaggerTransformObject } from '@fastify/swagger';
import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';

const refPrefix = '#/components/schemas/';

/** The generator writes each schema twice, as input (`…Input`) and as output; most are only ever one of the two. */
function describe(document: Parameters<typeof jsonSchemaTransformObject>[0]) {
  const generated = jsonSchemaTransformObject(document);
  if (!('components' in generated) || generated.components?.schemas === undefined) return generated;
  const { schemas } = generated.components;
  const used = new Set<string>();
  const visit = (value: unknown) => {
    for (const name of refsIn(value)) {
      if (used.has(name)) continue;
      used.add(name);
      visit(schemas[name]);
    }
  };
  visit(generated.paths);

  const names = new Map([...used].map((name) => [name, name]));
  for (const name of used) {
    const plain = name.replace(/Input$/, '');
    if (!used.has(plain)) names.set(name, plain);
  }
  const kept = Object.keys(schemas)
    .filter((name) => used.has(name))
    .map((name) => [names.get(name)!, schemas[name]] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return renameRefs(
    { ...generated, components: { ...generated.components, schemas: Object.fromEntries(kept) } },
    names,
  );
}

// The two packages bring copies of OpenAPI's types that differ in what they call optional.
export const describeApi = describe as SwaggerTransformObject;

function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner.slice(refPrefix.length)] : refsIn(inner),
  );
}

function renameRefs<T>(value: T, names: ReadonlyMap<string, string>): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((inner) => renameRefs(inner, names)) as T;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string'
        ? [key, refPrefix + (names.get(inner.slice(refPrefix.length)) ?? inner.slice(refPrefix.length))]
        : [key, renameRefs(inner, names)],
    ),
  ) as T;
}
