// node-pg-migrate, as a program and from code, on the direct host, while an application runs on the pooled one.
import '../resolve-localhost.mjs';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runner } from 'node-pg-migrate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../run-program.ts';
import { type Subject, theSubject } from '../subject.ts';
import { startApplication } from './application.ts';

const program = join(
  import.meta.dirname,
  '..',
  'node_modules',
  'node-pg-migrate',
  'bin',
  'node-pg-migrate.js',
);
const preload = pathToFileURL(join(import.meta.dirname, '..', 'resolve-localhost.mjs')).href;
let subject: Subject;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-node-pg-migrate-'));
  subject = await theSubject();
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
});

// Its lock is a session advisory lock: the reason why migrations belong on the direct host.
test('node-pg-migrate up and down work on the direct host while the application runs on the pooled host', async () => {
  const folder = writeMigrations('program_orders');
  const application = await startApplication(subject.url('pooled', { by: 'host' }), 'program_orders');
  const migrate = (direction: 'up' | 'down') =>
    runCommand(process.execPath, [program, direction, '-m', folder, '-t', 'program_migrations'], {
      DATABASE_URL: subject.url('direct', { by: 'host' }),
      NODE_OPTIONS: `--import ${preload}`,
    });
  try {
    await application.progress(20);
    expect(await migrate('up')).toContain('Migrations complete!');
    expect(await migrate('down')).toContain('Migrations complete!');
    await application.progress(20);
  } finally {
    expect((await application.stop()).errors).toEqual([]);
  }
});

test('node-pg-migrate works from code on the direct host', async () => {
  const folder = writeMigrations('code_orders');
  const application = await startApplication(subject.url('pooled', { by: 'host' }), 'code_orders');
  try {
    const applied = await runner({
      databaseUrl: subject.url('direct', { by: 'host' }),
      dir: folder,
      direction: 'up',
      migrationsTable: 'code_migrations',
      log: () => {},
    });
    expect(applied.map(({ name }) => name)).toEqual(['1700000000000_note', '1700000000001_archive']);
    await application.progress(20);
  } finally {
    expect((await application.stop()).errors).toEqual([]);
  }
});

function writeMigrations(table: string): string {
  const folder = join(directory, table);
  mkdirSync(folder);
  writeFileSync(
    join(folder, '1700000000000_note.sql'),
    `-- Up Migration\nalter table ${table} add column note text;\n-- Down Migration\nalter table ${table} drop column note;\n`,
  );
  writeFileSync(
    join(folder, '1700000000001_archive.sql'),
    `-- Up Migration\ncreate table ${table}_archive (id int);\n-- Down Migration\ndrop table ${table}_archive;\n`,
  );
  return folder;
}
