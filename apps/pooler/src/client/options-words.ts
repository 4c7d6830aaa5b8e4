// Cuts the `options` startup parameter into words as the server does: white space separates, a backslash escapes.

const rawWord = /(?:\\[\s\S]|[^ \t\n\v\f\r\\]|\\$)+/g;

/** The words with their escapes still in place, so that they can be joined by spaces again. */
export function rawOptionsWords(options: string): string[] {
  return options.match(rawWord) ?? [];
}

/** A word as the server reads it. A backslash at the very end escapes nothing and is dropped. */
export function unescapeOptionsWord(word: string): string {
  return word.replace(/\\([\s\S]|$)/g, '$1');
}
