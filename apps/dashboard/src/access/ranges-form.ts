// The list of allowed addresses as a form has it: a text for each range, what is wrong with which, and the setting it makes.
import { allowedAddressesSchema } from '@weir/api-contract';

/** The list in force as texts; one empty text where there is no list, to be filled in. */
export function textsOf(allowed: readonly string[] | null): readonly string[] {
  return allowed ?? [''];
}

/** One text changed; what is pasted with commas, spaces or line ends between becomes several. */
export function withText(texts: readonly string[], index: number, text: string): readonly string[] {
  const [first = '', ...others] = text.trim().split(/[\s,;]+/);
  return [...texts.slice(0, index), first, ...others, ...texts.slice(index + 1)];
}

export interface RangesReading {
  /** Null: no text names a range, so clients may come from everywhere. */
  readonly allowed: readonly string[] | null;
  /** By the place of the text. */
  readonly faults: Readonly<Record<number, string>>;
  /** What is wrong with the list as a whole. */
  readonly fault: string | null;
}

/** What the texts mean. Empty ones count for nothing. */
export function readRanges(texts: readonly string[]): RangesReading {
  const places = texts.flatMap((text, index) => (text.trim() === '' ? [] : [index]));
  const allowed = places.length === 0 ? null : places.map((index) => texts[index]!.trim());
  const faults: Record<number, string> = {};
  let fault: string | null = null;
  for (const { path, message } of allowedAddressesSchema.safeParse(allowed).error?.issues ?? []) {
    const place = places[Number(path[0])];
    if (place === undefined) fault = message;
    else faults[place] = `Range ${place + 1} ${message}.`;
  }
  return { allowed, faults, fault };
}
