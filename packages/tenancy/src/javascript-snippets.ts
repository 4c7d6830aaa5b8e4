// Snippets for what runs on Node: drivers, ORMs, and functions at Vercel.
import type { Snippet, SnippetFacts } from './snippets.ts';

/** In the order of their kinds, not of display. */
export function javascriptSnippets(facts: SnippetFacts): readonly Snippet[] {
  const { variable } = facts;
  const env = `process.env.${variable}`;
  const pool = poolOptions(facts);
  return [
    typescript('node-postgres', 'node-postgres', 'db.ts', [
      "import { Pool } from 'pg';",
      ...pool.imports,
      '',
      `export const pool = new Pool(${pool.options});`,
      "const { rows } = await pool.query('select $1::int as answer', [42]);",
    ]),
    typescript('postgres-js', 'postgres.js', 'db.ts', [
      "import postgres from 'postgres';",
      '',
      `export const sql = postgres(${env}!${postgresJsDatabase(facts)});`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the snippet's own.
      'const [row] = await sql`select ${42}::int as answer`;',
    ]),
    {
      id: 'prisma-6',
      title: 'Prisma 6',
      file: 'prisma/schema.prisma',
      language: 'prisma',
      text: lines([
        '// The application goes over url, migrations over directUrl. No pgbouncer=true is needed.',
        'datasource db {',
        '  provider  = "postgresql"',
        '  url       = env("DATABASE_URL")',
        '  directUrl = env("DIRECT_URL")',
        '}',
      ]),
    },
    typescript('prisma-7', 'Prisma 7', 'prisma.config.ts', [
      "import 'dotenv/config';",
      "import { defineConfig, env } from 'prisma/config';",
      '',
      '// Migrations go over the direct string; the client over the pooled one, in its adapter.',
      'export default defineConfig({',
      "  schema: 'prisma/schema.prisma',",
      "  datasource: { url: env('DIRECT_URL') },",
      '});',
    ]),
    typescript('prisma-7-client', 'Prisma 7 client', 'lib/prisma.ts', [
      "import { PrismaPg } from '@prisma/adapter-pg';",
      ...pool.imports,
      '// Where `output` of the generator in prisma/schema.prisma puts it.',
      "import { PrismaClient } from '../generated/prisma/client';",
      '',
      `const adapter = new PrismaPg(${pool.options});`,
      'export const prisma = new PrismaClient({ adapter });',
    ]),
    typescript('drizzle', 'Drizzle', 'db.ts', [
      "import { drizzle } from 'drizzle-orm/node-postgres';",
      ...pool.imports,
      '',
      `export const db = drizzle({ connection: ${pool.options} });`,
    ]),
    drizzleKit(facts),
    typescript('kysely', 'Kysely', 'db.ts', [
      "import { Kysely, PostgresDialect } from 'kysely';",
      "import { Pool } from 'pg';",
      ...pool.imports,
      '',
      '// The tables of your database.',
      'interface Database {',
      '  person: { id: number; name: string };',
      '}',
      '',
      `const pool = new Pool(${pool.options});`,
      'export const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });',
    ]),
    typescript('typeorm', 'TypeORM', 'data-source.ts', [
      "import { DataSource } from 'typeorm';",
      ...pool.imports,
      '',
      'export const dataSource = new DataSource({',
      "  type: 'postgres',",
      pool.imports.length === 0 ? `  url: ${env},` : `  extra: ${pool.options.replaceAll('\n', '\n  ')},`,
      '  entities: [],',
      '});',
    ]),
    typescript('vercel-functions', 'Vercel function', 'lib/db.ts', [
      "import { attachDatabasePool } from '@vercel/functions';",
      "import { Pool } from 'pg';",
      ...pool.imports,
      '',
      '// Outside the function, so that an instance keeps its connections; idle ones are closed before it is frozen.',
      'export const pool = new Pool({',
      ...(pool.imports.length === 0
        ? [`  connectionString: ${env},`]
        : pool.fields.map((line) => `  ${line}`)),
      '  idleTimeoutMillis: 5_000,',
      '});',
      'attachDatabasePool(pool);',
      '// A connection that was closed while nobody used it: the pool has let go of it already.',
      "pool.on('error', () => {});",
    ]),
  ];
}

function typescript(id: Snippet['id'], title: string, file: string, text: readonly string[]): Snippet {
  return { id, title, file, language: 'typescript', text: lines(text) };
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}

/**
 * What node-postgres and all on top of it are given. It takes the database from the string undoing only some escapes, so
 * that a name with one of the others is named apart.
 */
function poolOptions({ parts, variable }: SnippetFacts): {
  readonly imports: readonly string[];
  readonly fields: readonly string[];
  readonly options: string;
} {
  const env = `process.env.${variable}`;
  if (!isAltered(parts.database)) {
    const fields = [`connectionString: ${env},`];
    return { imports: [], fields, options: `{ connectionString: ${env} }` };
  }
  const fields = [
    `...parseIntoClientConfig(${env}!),`,
    '// Its characters would not come through in the string.',
    `database: ${quoted(parts.database)},`,
  ];
  return {
    imports: ["import { parseIntoClientConfig } from 'pg-connection-string';"],
    fields,
    options: `{\n${fields.map((line) => `  ${line}\n`).join('')}}`,
  };
}

/** Whether node-postgres would read another name: it leaves these escaped, and a URL drops segments of dots. */
function isAltered(database: string): boolean {
  return /[?#$]|(?:^|\/)\.{1,2}(?:\/|$)/.test(database);
}

/** postgres.js undoes no escapes in the database's name. */
function postgresJsDatabase({ url, parts }: SnippetFacts): string {
  const plain = url.includes(`/${parts.database}?`) && !isAltered(parts.database);
  return plain ? '' : `, { database: ${quoted(parts.database)} }`;
}

/** drizzle-kit takes a URL or fields, so that a name that the URL would alter needs them all. */
function drizzleKit({ parts }: SnippetFacts): Snippet {
  const start = [
    "import { defineConfig } from 'drizzle-kit';",
    '',
    '// Migrations go over the direct string.',
  ];
  const common = ["  dialect: 'postgresql',", "  schema: './schema.ts',", "  out: './drizzle',"];
  if (!isAltered(parts.database)) {
    const credentials = '  dbCredentials: { url: process.env.DIRECT_URL! },';
    const config = ['export default defineConfig({', ...common, credentials, '});'];
    return typescript('drizzle-kit', 'Drizzle Kit', 'drizzle.config.ts', [...start, ...config]);
  }
  return typescript('drizzle-kit', 'Drizzle Kit', 'drizzle.config.ts', [
    ...start,
    'const url = new URL(process.env.DIRECT_URL!);',
    'export default defineConfig({',
    ...common,
    '  dbCredentials: {',
    '    host: url.hostname,',
    '    port: Number(url.port),',
    '    user: decodeURIComponent(url.username),',
    '    password: decodeURIComponent(url.password),',
    `    database: ${quoted(parts.database)},`,
    '    ssl: true,',
    '  },',
    '});',
  ]);
}

/** A string literal of TypeScript. */
function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
