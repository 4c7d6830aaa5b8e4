// What to paste where: one snippet a client library or tool, from an endpoint's pooled and direct strings.

/** One thing to paste. */
export interface Snippet {
  readonly id: SnippetId;
  readonly title: string;
  /** Name of the file it belongs in, or null for a command line. */
  readonly file: string | null;
  readonly language: 'sh' | 'dotenv' | 'typescript' | 'prisma' | 'python';
  readonly text: string;
}

export const snippetIds = [
  'psql',
  'env',
  'node-postgres',
  'postgres-js',
  'prisma-6',
  'prisma-7',
  'drizzle',
  'sqlalchemy',
  'vercel',
] as const;

export type SnippetId = (typeof snippetIds)[number];

/** What snippets are made from. */
export interface SnippetInput {
  readonly pooled: string;
  readonly direct: string;
}

/** Every snippet, in the order in which they are shown. The application gets the pooled string, migrations the direct one. */
export function snippets({ pooled, direct }: SnippetInput): readonly Snippet[] {
  const env = `DATABASE_URL="${pooled}"\nDIRECT_URL="${direct}"\n`;
  return [
    { id: 'psql', title: 'psql', file: null, language: 'sh', text: `psql '${pooled}'\n` },
    { id: 'env', title: '.env', file: '.env', language: 'dotenv', text: env },
    {
      id: 'node-postgres',
      title: 'node-postgres',
      file: 'db.ts',
      language: 'typescript',
      text: `import { Pool } from 'pg';

export const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const { rows } = await pool.query('select $1::int as answer', [42]);
`,
    },
    {
      id: 'postgres-js',
      title: 'postgres.js',
      file: 'db.ts',
      language: 'typescript',
      text: `import postgres from 'postgres';

export const sql = postgres(process.env.DATABASE_URL!);
const [row] = await sql\`select \${42}::int as answer\`;
`,
    },
    {
      id: 'prisma-6',
      title: 'Prisma 6',
      file: 'schema.prisma',
      language: 'prisma',
      text: `datasource db {
  provider  = "postgresql"
  url       = env("DATABASE_URL")
  directUrl = env("DIRECT_URL")
}
`,
    },
    {
      id: 'prisma-7',
      title: 'Prisma 7',
      file: 'prisma.config.ts',
      language: 'typescript',
      text: `import 'dotenv/config';
import { defineConfig, env } from 'prisma/config';

// Migrations go over the direct string.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  datasource: { url: env('DIRECT_URL') },
});

// In the application, over the pooled string:
//   const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL });
//   export const prisma = new PrismaClient({ adapter });
`,
    },
    {
      id: 'drizzle',
      title: 'Drizzle',
      file: 'db.ts',
      language: 'typescript',
      text: `import { drizzle } from 'drizzle-orm/node-postgres';

export const db = drizzle(process.env.DATABASE_URL!);

// In drizzle.config.ts, so that migrations go over the direct string:
//   dbCredentials: { url: process.env.DIRECT_URL! }
`,
    },
    {
      id: 'sqlalchemy',
      title: 'SQLAlchemy',
      file: 'db.py',
      language: 'python',
      text: `from sqlalchemy import create_engine

engine = create_engine("${pooled.replace(/^postgresql:/, 'postgresql+psycopg:')}")
`,
    },
    {
      id: 'vercel',
      title: 'Vercel',
      file: 'lib/db.ts',
      language: 'typescript',
      text: `import { attachDatabasePool } from '@vercel/functions';
import { Pool } from 'pg';

// Outside the function, so that its instances keep their connections; they give them back when idle.
export const pool = new Pool({
  connectionString: process.env.DATABASE_URL,
  idleTimeoutMillis: 5_000,
});
attachDatabasePool(pool);

// vercel env add DATABASE_URL   (pooled)
// vercel env add DIRECT_URL     (direct, for migrations in the build)
`,
    },
  ];
}
