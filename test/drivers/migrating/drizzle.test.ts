// drizzle-kit and drizzle's own migrator on the direct host, while an application runs on the pooled one.
import '../resolve-localhost.mjs';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../run-program.ts';
import { type Subject, theSubject } from '../subject.ts';
import { startApplication } from './application.ts';

const drizzleKit = join(import.meta.dirname, '..', 'node_modules', 'drizzle-kit', 'bin.cjs');
const preload = pathToFileURL(join(import.meta.dirname, '..', 'resolve-localhost.mjs')).href;
let subject: Subject;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-drizzle-'));
  subject = await theSubject();
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
});

test('drizzle-kit migrate works on the direct host while the application runs on the pooled host', async () => {
  const folder = writeMigrations('kit', 'kit_orders');
  const url = subject.url('direct', { by: 'host' });
  const config = join(folder, 'drizzle.config.json');
  const out = join(folder, 'out');
  const migrations = { schema: 'kit', table: 'migrations' };
  writeFileSync(config, JSON.stringify({ dialect: 'postgresql', out, dbCredentials: { url }, migrations }));
  await whileApplicationRuns('kit_orders', async () => {
    await runCommand(process.execPath, [drizzleKit, 'migrate', '--config', config], {
      NODE_OPTIONS: `--import ${preload}`,
      NODE_EXTRA_CA_CERTS: subject.caFile,
    });
  });
  expect(await columnsOf('kit_orders')).toEqual(['id', 'note', 'worker']);
});

test("drizzle's own migrator works on the direct host while the application runs on the pooled host", async () => {
  const folder = writeMigrations('own', 'own_orders');
  await whileApplicationRuns('own_orders', async () => {
    const client = new pg.Client({ connectionString: subject.url('direct', { by: 'host' }) });
    await client.connect();
    try {
      const settings = {
        migrationsFolder: join(folder, 'out'),
        migrationsSchema: 'own',
        migrationsTable: 'migrations',
      };
      await migrate(drizzle(client), settings);
      // Twice: the second run finds that there is nothing to do.
      await migrate(drizzle(client), settings);
    } finally {
      await client.end();
    }
  });
  expect(await columnsOf('own_orders')).toEqual(['id', 'note', 'worker']);
});

async function whileApplicationRuns(table: string, run: () => Promise<void>): Promise<void> {
  const application = await startApplication(subject.url('pooled', { by: 'host' }), table);
  let stopped: { transactions: number; errors: readonly string[] };
  try {
    await application.progress(20);
    await run();
    await application.progress(20);
  } finally {
    stopped = await application.stop();
  }
  expect(stopped.errors).toEqual([]);
}

/** Two migrations as drizzle-kit writes them: the application's table changes under it. */
function writeMigrations(name: string, table: string): string {
  const folder = join(directory, name);
  mkdirSync(join(folder, 'out', 'meta'), { recursive: true });
  const steps = [
    `alter table ${table} add column note text;\n--> statement-breakpoint\ncreate index on ${table} (note);\n`,
    `create table ${table}_archive (id int primary key);\n--> statement-breakpoint\nupdate ${table} set note = 'old';\n`,
  ];
  const entries = steps.map((sql, idx) => {
    const tag = `000${idx}_${name}`;
    writeFileSync(join(folder, 'out', `${tag}.sql`), sql);
    return { idx, version: '7', when: 1_700_000_000_000 + idx, tag, breakpoints: true };
  });
  const journal = { version: '7', dialect: 'postgresql', entries };
  writeFileSync(join(folder, 'out', 'meta', '_journal.json'), JSON.stringify(journal));
  return folder;
}

async function columnsOf(table: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: subject.url('pooled', { by: 'host' }) });
  await client.connect();
  try {
    const { rows } = await client.query(
      'select column_name as name from information_schema.columns where table_name = $1 order by 1',
      [table],
    );
    return rows.map((row) => row.name);
  } finally {
    await client.end();
  }
}
