// What must never be read in a log: secrets by the name of their field, and by their shape in running text.

/** What stands where a secret stood. */
export const redacted = '[redacted]';

// By the end of the name, so that `upstreamPassword` and `secretKey` are caught and `verifierIsServers` is not.
const secretName =
  /(password|passwd|secret|verifier|client_?key|server_?key|stored_?key|secret_?key|seal_?keys?|api_?key|private_?key|token|authorization|cookie|scram_?keys?)$/i;

// Whatever else is logged is cut here: a cycle or a whole object graph in a log line is a mistake.
const depthMax = 8;

// Cheap look before the expressions below: nearly all texts pass without one.
const suspicious = /:\/\/|pass|scram-sha|md5[0-9a-f]/i;

// Bounded repeats only, so that no text, however long or odd, takes more than one pass.
const secretTexts: readonly (readonly [RegExp, string])[] = [
  // `password=…` as in libpq's keyword form or a query string, and `"password": "…"` as in JSON.
  [
    /(pass(?:word|wd|phrase)?["']?\s{0,9}[=:]\s{0,9})(?:'(?:[^'\\]|\\.|'')*'?|"(?:[^"\\]|\\.)*"?|[^\s&;,"']+)/gi,
    `$1${redacted}`,
  ],
  // `PASSWORD '…'` as in SQL.
  [/(password\s{1,9})E?'(?:[^'\\]|\\.|'')*'?/gi, `$1${redacted}`],
  [/SCRAM-SHA-256\$[0-9]+:[^\s"',;]+/g, redacted],
  [/\bmd5[0-9a-f]{32}\b/g, redacted],
];

/** `text` without what looks like a password, a connection string's password, or a verifier. */
export function redactText(text: string): string {
  if (!suspicious.test(text)) return text;
  let result = text.replace(/[^\s"'<>]+/g, redactUrl);
  for (const [pattern, replacement] of secretTexts) result = result.replace(pattern, replacement);
  return result;
}

// Up to the last @ of the word: a password with an unescaped @ or / is cut whole, at worst the host with it.
function redactUrl(word: string): string {
  const scheme = word.indexOf('://');
  const at = word.lastIndexOf('@');
  const colon = scheme === -1 ? -1 : word.indexOf(':', scheme + 3);
  return colon === -1 || colon > at ? word : `${word.slice(0, colon + 1)}${redacted}${word.slice(at)}`;
}

/** A copy of `value` fit for a log. Errors become plain objects; booleans and null under a secret's name stay. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= depthMax) return '[too deep]';
  if (value instanceof Date) return value;
  if (value instanceof Error) return redactError(value, depth);
  // Bytes are never shown: they are frames, nonces or keys.
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  if (value instanceof Map) return redactEntries(value.entries(), depth);
  if (value instanceof Set) return [...value].map((item) => redact(item, depth + 1));
  return redactEntries(Object.entries(value), depth);
}

function redactEntries(entries: Iterable<readonly [unknown, unknown]>, depth: number): object {
  const result: [string, unknown][] = [];
  for (const [key, value] of entries) {
    const name = String(key);
    const isSecret = secretName.test(name) && value != null && typeof value !== 'boolean';
    result.push([name, isSecret ? redacted : redact(value, depth + 1)]);
  }
  return Object.fromEntries(result);
}

function redactError(error: Error, depth: number): object {
  const { name, message, stack, cause, ...facts } = error;
  return {
    type: error.constructor.name,
    name,
    message: redactText(String(message)),
    ...redactEntries(Object.entries(facts), depth),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
    ...(cause === undefined ? {} : { cause: redact(cause, depth + 1) }),
  };
}
