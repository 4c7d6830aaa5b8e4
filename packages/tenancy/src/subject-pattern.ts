// Patterns for the subjects of tokens: which of them a trust rule means, with no way to mean more by mistake.

/** Far longer than any issuer's; it bounds the work of a comparison. */
export const subjectCharactersMax = 500;

/** How many parts at the front must be written out: they say whose subject it is, as in `repo:acme/…`. */
const literalPartsMin = 2;

/**
 * What is wrong with a pattern, as words behind its field's name; null: nothing. Parts are what stands between `:` and
 * `/`. A `*` is one whole part, and never one of the first two.
 */
export function subjectPatternFault(pattern: string): string | null {
  if (pattern === '') return 'must not be empty';
  if (pattern.length > subjectCharactersMax) return `must be at most ${subjectCharactersMax} characters`;
  const parts = pattern.split(/[:/]/);
  if (parts.some((part) => part !== '*' && part.includes('*'))) {
    return 'must have each * alone between ":" or "/", as in repo:acme/shop:environment:*';
  }
  if (parts.slice(0, literalPartsMin).includes('*')) {
    return 'must have no * in its first two parts, which say whose token it is';
  }
  return null;
}

/** Whether a token's subject is meant. A `*` stands for one or more characters other than `:` and `/`; all else is itself. */
export function isSubjectOf(pattern: string, subject: string): boolean {
  if (subject.length > subjectCharactersMax) return false;
  // Split with the separators kept, so that a `/` is never taken for a `:`.
  const wanted = pattern.split(/([:/])/);
  const parts = subject.split(/([:/])/);
  return (
    wanted.length === parts.length &&
    wanted.every((part, index) => (part === '*' ? parts[index] !== '' : part === parts[index]))
  );
}
