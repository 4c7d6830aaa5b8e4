// The snippets for Node, run as they stand with the packages they name.
import '../resolve-localhost.mjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SnippetId } from '@weir/tenancy';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Subject, theSubject } from '../subject.ts';
import { identityOf, personNames } from './identities.ts';
import { makeProject, whoIs, whoSql } from './project.ts';

let subject: Subject;
let parent: string;
beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'weir-snippets-'));
  subject = await theSubject();
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

// What an application does with each: it says who it is.
const sql = JSON.stringify(whoSql);
const applications: Partial<Record<SnippetId, string>> = {
  'node-postgres': `import { pool } from './db.ts';
console.log((await pool.query(${sql})).rows[0].who);
await pool.end();`,
  'postgres-js': `import { sql } from './db.ts';
console.log((await sql.unsafe(${sql}))[0].who);
await sql.end();`,
  drizzle: `import { db } from './db.ts';
console.log((await db.execute(${sql})).rows[0].who);
await db.$client.end();`,
  kysely: `import { CompiledQuery } from 'kysely';
import { db } from './db.ts';
console.log((await db.executeQuery(CompiledQuery.raw(${sql}))).rows[0].who);
await db.destroy();`,
  typeorm: `import { dataSource } from './data-source.ts';
await dataSource.initialize();
console.log((await dataSource.query(${sql}))[0].who);
await dataSource.destroy();`,
  'vercel-functions': `import { pool } from './lib/db.ts';
console.log((await pool.query(${sql})).rows[0].who);
await pool.end();`,
};

describe.each(personNames)('for %s', (name) => {
  test.each(Object.keys(applications) as SnippetId[])('the snippet for %s works as it stands', async (id) => {
    const identity = await identityOf(subject, name, 'host');
    const project = makeProject({ parent, id, identity, caFile: subject.caFile });
    project.write('main.ts', applications[id]!);
    expect((await project.node('main.ts')).trim()).toBe(whoIs(identity));
  });

  test('the snippet for drizzle-kit works as it stands', async () => {
    const identity = await identityOf(subject, name, 'host');
    const project = makeProject({ parent, id: 'drizzle-kit', identity, caFile: subject.caFile });
    project.write(
      'schema.ts',
      "import { integer, pgTable } from 'drizzle-orm/pg-core';\nexport const made = pgTable('made_by_kit', { id: integer() });\n",
    );
    await project.node(join('node_modules', 'drizzle-kit', 'bin.cjs'), ['push', '--force']);
    const client = postgres(identity.direct, { database: identity.database, max: 1 });
    const [found] = await client`select to_regclass('public.made_by_kit')::text as name`;
    await client.end();
    expect(found).toEqual({ name: 'made_by_kit' });
  });
});
