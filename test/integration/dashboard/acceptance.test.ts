// A new user's first hour, all of it through the browser and with what was copied from it: connect, migrate, watch, tune.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  findPsql,
  type Postgres,
  runPsql,
  startPostgres,
  startWeir,
  temporaryDirectory,
  type Weir,
} from '@weir/harness';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clipboardOf, launchBrowser, openPage, type TestPage, views } from './browser.ts';
import { makeProject, prismaEnvironment, prismaFor } from './migrating/migrate.ts';
import { type Application, loggedInAs, runApplication } from './run-application.ts';
import { signIn } from './sign-in.ts';

const patience = 240_000;
const folder = temporaryDirectory('acceptance');
const ownModules = fileURLToPath(new URL('../node_modules', import.meta.url));
let weir: Weir;
let own: Postgres;
let browser: Browser;
let opened: TestPage;
let page: Page;
const copied = new Map<string, string>();

// One person, one page, from the first to the last test.
beforeAll(async () => {
  [weir, own, browser] = await Promise.all([startWeir(), startPostgres(), launchBrowser()]);
  await own.createRole('shop_app', 'p@ss/w:rd?&%');
  await own.sql('CREATE DATABASE shop OWNER shop_app');
  await own.sql('ALTER ROLE shop_app CREATEROLE');
  opened = await openPage(browser, weir.apiUrl, views[0]!);
  ({ page } = opened);
}, patience);

afterAll(async () => {
  await browser?.close();
  await weir?.close();
  await own?.close();
  folder.remove();
});

async function copyFrom(dialog: Locator, what: string): Promise<string> {
  await dialog.getByRole('button', { name: `Copy ${what}` }).click();
  await dialog.getByText(`${what} copied`).waitFor();
  return clipboardOf(page);
}

/** The chart's newest value of a line, as it is written beside it. */
const onChart = (chart: string, line: string, value: number) =>
  page
    .getByTestId(`chart-${chart}`)
    .getByRole('listitem')
    .filter({ hasText: new RegExp(`^${line} ${value}$`) })
    .waitFor();

/** The application, on the pooled string, finds a table. */
async function applicationSees(table: string): Promise<void> {
  const application = runApplication(copied.get('pooled')!, weir.caFile);
  expect(await application.run(`select count(*)::int from ${table}`)).toEqual([{ count: 0 }]);
  await application.close();
}

test(
  'signs in, creates a tenant on a database of its own and copies the strings and snippets',
  async () => {
    await signIn(page, weir.apiKey);
    await page.getByRole('link', { name: 'New tenant' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Shop');
    await page.getByLabel('Host', { exact: true }).fill(own.host);
    await page.getByLabel('Port', { exact: true }).fill(String(own.port));
    await page.getByLabel('Database', { exact: true }).fill('shop');
    await page.getByLabel('User', { exact: true }).fill('shop_app');
    await page.getByLabel('Password', { exact: true }).fill('p@ss/w:rd?&%');
    await page.getByLabel('TLS mode').selectOption('disable');
    await page.getByRole('button', { name: 'Create tenant' }).click();

    const dialog = page.getByRole('dialog', { name: 'Connect to Shop' });
    copied.set('pooled', await copyFrom(dialog, 'pooled connection string'));
    for (const snippet of ['.env', 'Prisma 6', 'Prisma 7', 'Drizzle Kit']) {
      await dialog.getByRole('tab', { name: snippet, exact: true }).click();
      copied.set(snippet, await copyFrom(dialog, `${snippet} snippet`));
    }
    await dialog.getByRole('tab', { name: 'Direct' }).click();
    copied.set('direct', await copyFrom(dialog, 'direct connection string'));
    expect(copied.get('pooled')).toContain('-pooler.');
    expect(copied.get('direct')).not.toContain('-pooler.');
    await page.keyboard.press('Escape');
  },
  patience,
);

const psql = findPsql();
test.skipIf(psql === null)(
  `runs a query with the pooled string in psql${psql === null ? ' (skipped: psql is not on PATH)' : ''}`,
  async () => {
    const asked = await runPsql(copied.get('pooled')!, 'select current_user, current_database();');
    expect([asked.stdout, asked.stderr]).toEqual(['shop_app|shop', '']);
  },
  patience,
);

// First 6, then 7, as who upgrades does: the second finds what the first has applied. Prisma wants to be first in a schema.
for (const major of [6, 7] as const) {
  const prisma = prismaFor(major);
  test.skipIf('missing' in prisma)(
    `runs a migration with Prisma ${major}, on the direct string${'missing' in prisma ? ` (skipped: ${prisma.missing})` : ''}`,
    async () => {
      const modules = join((prisma as { folder: string }).folder, 'node_modules');
      const project = makeProject(join(folder.path, `prisma-${major}`), modules, weir.caFile);
      project.write('.env', copied.get('.env')!);
      const datasource =
        major === 6 ? copied.get('Prisma 6')! : 'datasource db {\n  provider = "postgresql"\n}\n';
      project.write('prisma/schema.prisma', `${datasource}model Item${major} {\n  id Int @id\n}\n`);
      if (major === 7) project.write('prisma.config.ts', copied.get('Prisma 7')!);
      project.write('prisma/migrations/migration_lock.toml', 'provider = "postgresql"\n');
      for (let made = 6; made <= major; made++) {
        project.write(
          `prisma/migrations/2026010${made}000000_item${made}/migration.sql`,
          `CREATE TABLE "Item${made}" (id int primary key);\n`,
        );
      }
      const output = await project.run(
        'prisma/build/index.js',
        ['migrate', 'deploy'],
        prismaEnvironment(modules),
      );
      expect(output).toContain('All migrations have been successfully applied.');
      await applicationSees(`"Item${major}"`);
    },
    patience,
  );
}

test(
  'runs a migration with Drizzle, on the direct string',
  async () => {
    const project = makeProject(join(folder.path, 'drizzle'), ownModules, weir.caFile);
    project.write('.env', copied.get('.env')!);
    project.write('drizzle.config.ts', copied.get('Drizzle Kit')!);
    project.write('drizzle/0000_orders.sql', 'CREATE TABLE orders (id int primary key);\n');
    const entries = [
      { idx: 0, version: '7', when: 1_700_000_000_000, tag: '0000_orders', breakpoints: true },
    ];
    project.write(
      'drizzle/meta/_journal.json',
      JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
    );
    await project.run('drizzle-kit/bin.cjs', ['migrate']);
    await applicationSees('orders');
  },
  patience,
);

test(
  'sees the clients on the chart, makes the pool smaller, and sees it act',
  async () => {
    const clients = Array.from({ length: 4 }, () => runApplication(copied.get('pooled')!, weir.caFile));
    const all = (statement: string, some: readonly Application[] = clients) =>
      Promise.all(some.map((client) => client.run(statement)));
    await all('begin');
    await onChart('clients', 'active', 4);
    await onChart('servers', 'open', 4);

    await page.getByRole('button', { name: 'Edit pool settings' }).click();
    const dialog = page.getByRole('dialog', { name: 'Pool settings' });
    await dialog.getByLabel('Server connections a pool', { exact: true }).fill('2');
    await dialog.getByText(/^Pools with more than 2 close/).waitFor();
    await dialog.getByRole('button', { name: 'Apply 1 change' }).click();
    await dialog.waitFor({ state: 'detached' });
    // Nobody is dropped: all four are in their transactions still.
    await all('select 1');
    await onChart('servers', 'open', 4);
    await all('commit');
    await onChart('servers', 'open', 2);
    await onChart('clients', 'idle', 4);

    await all('begin', clients.slice(0, 2));
    const third = clients[2]!.run('begin');
    await onChart('clients', 'active', 2);
    await onChart('clients', 'waiting', 1);
    await clients[0]!.run('commit');
    await third;
    await onChart('clients', 'waiting', 0);
    await all('commit', clients.slice(1, 3));
    await Promise.all(clients.map((client) => client.close()));
    await onChart('clients', 'idle', 0);
  },
  patience,
);

const loggedInWith = (connectionString: string) => loggedInAs(connectionString, weir.caFile);
const refused = /password authentication failed/;

test(
  'makes a role, rotates its password, and logs in with both until the overlap is ended',
  async () => {
    const roles = page.getByRole('region', { name: 'Roles' });
    const dialog = page.getByRole('dialog');
    const copyPassword = async () => {
      const password = await copyFrom(dialog, 'password');
      expect(password).toBe(await dialog.getByTestId('password').textContent());
      const pooled = await copyFrom(dialog, 'pooled connection string');
      expect(pooled).toContain(`reports:${password}@`);
      await dialog.getByRole('button', { name: 'Done' }).click();
      expect(await page.content()).not.toContain(password);
      return pooled;
    };
    await roles.getByRole('button', { name: 'New role' }).click();
    await dialog.getByRole('button', { name: 'Create role' }).click();
    await dialog.getByText('must not be empty').waitFor();
    await dialog.getByLabel('Name').fill('reports');
    await dialog.getByRole('button', { name: 'Create role' }).click();
    const first = await copyPassword();
    expect(await loggedInWith(first)).toBe('reports');

    await roles.getByRole('button', { name: 'Rotate role reports' }).click();
    await dialog.getByRole('button', { name: 'Rotate password' }).click();
    const second = await copyPassword();
    expect(await Promise.all([first, second].map(loggedInWith))).toEqual(['reports', 'reports']);
    await roles.getByText('The password before opens for 59 min more').waitFor();
    await roles.getByRole('button', { name: 'End overlap of role reports' }).click();
    await dialog.getByRole('button', { name: 'End overlap' }).click();
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => loggedInWith(first), { timeout: 60_000 }).toMatch(refused);
    expect(await loggedInWith(second)).toBe('reports');
  },
  patience,
);

test(
  'makes a short-lived credential, logs in with it as its role, and revokes it',
  async () => {
    const credentials = page.getByRole('region', { name: 'Short-lived credentials' });
    const dialog = page.getByRole('dialog');
    await credentials.getByText('None opens anything now.').waitFor();
    await credentials.getByRole('button', { name: 'New credential' }).click();
    await dialog.getByLabel('Role', { exact: true }).selectOption('reports');
    await dialog.getByRole('button', { name: 'Create credential' }).click();
    const user = await copyFrom(dialog, 'user name');
    const password = await copyFrom(dialog, 'password');
    const strings = [
      await copyFrom(dialog, 'pooled connection string'),
      await copyFrom(dialog, 'direct connection string'),
    ];
    for (const string of strings) expect(string).toContain(`${user}:${password}@`);
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect(await page.content()).not.toContain(password);
    expect(await Promise.all(strings.map(loggedInWith))).toEqual(['reports', 'reports']);

    await credentials.getByRole('row', { name: new RegExp(`^${user} reports 14 min more`) }).waitFor();
    await credentials.getByRole('button', { name: `Revoke ${user}` }).click();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await credentials.getByText('None opens anything now.').waitFor();
    await expect.poll(() => loggedInWith(strings[0]!), { timeout: 60_000 }).toMatch(refused);
    expect(opened.faults).toEqual([]);
  },
  patience,
);
