// Snippets: all are there, and each leads the application to the pooled host and migrations to the direct one.
import { expect, test } from 'vitest';
import { snippetIds, snippets } from './snippets.ts';

const pooled = 'postgresql://a:b@ep-x-pooler.h:1/d?sslmode=require';
const direct = 'postgresql://a:b@ep-x.h:1/d?sslmode=require';

test('each snippet is there once, in order', () => {
  expect(snippets({ pooled, direct }).map((snippet) => snippet.id)).toEqual(snippetIds);
});

test('the .env snippet gives the application the pooled string and migrations the direct one', () => {
  const env = snippets({ pooled, direct }).find((snippet) => snippet.id === 'env')?.text;
  expect(env).toBe(`DATABASE_URL="${pooled}"\nDIRECT_URL="${direct}"\n`);
});

test('SQLAlchemy gets the driver in its scheme', () => {
  expect(snippets({ pooled, direct }).find((snippet) => snippet.id === 'sqlalchemy')?.text).toContain(
    '"postgresql+psycopg://a:b@ep-x-pooler.h:1/d?sslmode=require"',
  );
});
