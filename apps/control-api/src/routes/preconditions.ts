// ETag and If-Match: a resource's generation as a tag, and which generations a caller wants changed.

/** The tag of a generation. */
export function etagOf(generation: number): string {
  return `"${generation}"`;
}

/**
 * The generations that an If-Match header names; undefined: any, as without a header. What is not a tag of ours, weak
 * ones included, matches nothing.
 */
export function ifMatchOf(header: string | undefined): readonly number[] | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  return header.split(',').flatMap((tag) => {
    const digits = /^\s*"(\d{1,15})"\s*$/.exec(tag)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}
