// Snippets: all are there, each leads to the side that was chosen, and none breaks on what a name or password holds.
import { expect, test } from 'vitest';
import { connectionString } from './connection-string.ts';
import { type SnippetId, snippetIds, snippets } from './snippets.ts';

const pooled = 'postgresql://a:b@ep-x-pooler.h:1/d?sslmode=require';
const direct = 'postgresql://a:b@ep-x.h:1/d?sslmode=require';
const textOf = (id: SnippetId, input: Parameters<typeof snippets>[0] = { pooled, direct }) =>
  snippets(input).find((snippet) => snippet.id === id)!.text;

test('each snippet is there once, in order', () => {
  expect(snippets({ pooled, direct }).map((snippet) => snippet.id)).toEqual(snippetIds);
});

test('a file for a read-only endpoint says so in its first line, and a command line is left as it is', () => {
  const plain = snippets({ pooled, direct });
  const said = snippets({ pooled, direct, kind: 'read_only' });
  expect(said.map(({ text }) => text.replace(/^(?:#|\/\/) A read-only endpoint: .*\n/, ''))).toEqual(
    plain.map(({ text }) => text),
  );
  for (const [i, { id, file, text, language }] of said.entries()) {
    const mark = ['sh', 'dotenv', 'python', 'yaml'].includes(language) ? '# ' : '// ';
    expect([id, text.startsWith(`${mark}A read-only endpoint`)]).toEqual([id, file !== null]);
    if (file === null) expect(text).toBe(plain[i]!.text);
  }
});

test('the .env snippet gives the application the pooled string and migrations the direct one', () => {
  expect(textOf('env')).toBe(`DATABASE_URL="${pooled}"\nDIRECT_URL="${direct}"\n`);
});

test('Vercel gets the pooled string as DATABASE_URL and the direct one under both its usual names', () => {
  expect(textOf('vercel')).toBe(
    `DATABASE_URL="${pooled}"\nDIRECT_URL="${direct}"\nDATABASE_URL_UNPOOLED="${direct}"\n`,
  );
});

test.each([
  'node-postgres',
  'postgres-js',
  'drizzle',
  'kysely',
  'typeorm',
  'sqlalchemy',
  'go',
  'rails',
] as const)('%s reads the variable of the side', (id) => {
  expect(textOf(id)).toContain('DATABASE_URL');
  expect(textOf(id, { pooled, direct, side: 'direct' })).toContain('DIRECT_URL');
});

test.each(['psql', 'jdbc'] as const)('%s names the host of the side', (id) => {
  expect(textOf(id)).toContain('ep-x-pooler.h');
  expect(textOf(id, { pooled, direct, side: 'direct' })).not.toContain('-pooler');
});

test('JDBC gets role and password as parameters, with no plus for it to read as a blank', () => {
  const url = connectionString({ role: 'r le', password: '+&"', host: '::1', port: 1, database: 'a+b' });
  expect(textOf('jdbc', { pooled: url, direct: url })).toContain(
    '"jdbc:postgresql://[::1]:1/a%2Bb?user=r%20le&password=%2B%26%22&sslmode=require"',
  );
});

test('a database whose name a client would not find in the string is named apart', () => {
  const url = (database: string) => connectionString({ role: 'a', host: 'h', port: 1, database });
  const given = (database: string) => ({ pooled: url(database), direct: url(database) });
  expect(textOf('node-postgres', given('a b/c'))).not.toContain('database:');
  expect(textOf('node-postgres', given("a?'b"))).toContain("database: 'a?\\'b'");
  expect(textOf('postgres-js', given('a b'))).toContain("{ database: 'a b' }");
  expect(textOf('postgres-js', given('a/b'))).not.toContain('database:');
});
