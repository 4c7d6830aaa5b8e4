// What to paste where: one snippet a client library or tool, from an endpoint's pooled and direct strings.
import { type ConnectionStringParts, readConnectionString } from './connection-string.ts';
import { javascriptSnippets } from './javascript-snippets.ts';
import { otherSnippets } from './other-snippets.ts';
import type { EndpointKind } from './published-endpoint.ts';

export const snippetIds = [
  'psql',
  'env',
  'node-postgres',
  'postgres-js',
  'prisma-6',
  'prisma-7',
  'prisma-7-client',
  'drizzle',
  'drizzle-kit',
  'kysely',
  'typeorm',
  'sqlalchemy',
  'go',
  'jdbc',
  'rails',
  'vercel',
  'vercel-functions',
] as const;

export type SnippetId = (typeof snippetIds)[number];

export const snippetLanguages = [
  'sh',
  'dotenv',
  'typescript',
  'prisma',
  'python',
  'go',
  'java',
  'yaml',
] as const;

/** One thing to paste. */
export interface Snippet {
  readonly id: SnippetId;
  readonly title: string;
  /** Name of the file it belongs in, or null for a command line. */
  readonly file: string | null;
  readonly language: (typeof snippetLanguages)[number];
  readonly text: string;
}

/** What snippets are made from: two strings as `endpointStrings` makes them. */
export interface SnippetInput {
  readonly pooled: string;
  readonly direct: string;
  /** Which of the two the client is to use, the pooled one unless told. What names both says both either way. */
  readonly side?: 'pooled' | 'direct';
  /** Of the endpoint, `read_write` unless told. A file for a read-only one says so on its first line. */
  readonly kind?: EndpointKind;
}

/** The same, with what most snippets need of it. */
export interface SnippetFacts {
  readonly pooled: string;
  readonly direct: string;
  /** The string of the side. */
  readonly url: string;
  readonly parts: ConnectionStringParts;
  /** The variable of the `.env` snippet that holds it. */
  readonly variable: 'DATABASE_URL' | 'DIRECT_URL';
}

/** Every snippet, in the order in which they are shown. Throws RangeError for a string that `endpointStrings` did not make. */
export function snippets({
  pooled,
  direct,
  side = 'pooled',
  kind = 'read_write',
}: SnippetInput): readonly Snippet[] {
  const url = side === 'pooled' ? pooled : direct;
  const parts = readConnectionString(url);
  if (parts === null) throw new RangeError('a snippet is made from a connection string');
  const facts: SnippetFacts = {
    pooled,
    direct,
    url,
    parts,
    variable: side === 'pooled' ? 'DATABASE_URL' : 'DIRECT_URL',
  };
  const made = new Map([...javascriptSnippets(facts), ...otherSnippets(facts)].map((one) => [one.id, one]));
  const inOrder = snippetIds.map((id) => made.get(id)!);
  return kind === 'read_only' ? inOrder.map(sayingReadOnly) : inOrder;
}

/** Command lines stay as they are: not every shell takes a comment. */
function sayingReadOnly(snippet: Snippet): Snippet {
  if (snippet.file === null) return snippet;
  const mark = slashed.includes(snippet.language) ? '//' : '#';
  return { ...snippet, text: `${mark} A read-only endpoint: what writes fails with 25006.\n${snippet.text}` };
}

const slashed: readonly Snippet['language'][] = ['typescript', 'prisma', 'go', 'java'];
