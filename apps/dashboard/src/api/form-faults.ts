// What the contract has against a form before it is sent, said of its fields.

/** What a schema of the contract says of a body. */
interface Checked {
  readonly error?:
    | { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] }
    | undefined;
}

/** One sentence for each field that is wrong. `names`: what people call them, as a sentence begins. */
export function formFaults<Field extends string>(
  { error }: Checked,
  names: Readonly<Record<Field, string>>,
): Partial<Record<Field, string>> {
  const faults: Partial<Record<Field, string>> = {};
  for (const { path, message } of error?.issues ?? []) {
    const [field, part] = path as [Field, PropertyKey?];
    // Of a part with a name of its own that is said; of one in a list, the list. The first is the plainest.
    faults[field] ??= `${typeof part === 'string' ? `"${part}"` : names[field]} ${message}.`;
  }
  return faults;
}
