// The dashboard as a person uses it, in a real browser, on the whole of Weir and a Postgres of the person's own.
import { type GetTenantReply, pathOf, type TenantPageReply } from '@weir/api-contract';
import { type Postgres, startPostgres, startWeir, type Weir } from '@weir/harness';
import { snippets } from '@weir/tenancy';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clipboardOf, launchBrowser, openPage, views } from './browser.ts';
import { runApplication } from './run-application.ts';
import { signIn } from './sign-in.ts';

const wide = views[0]!;
const tenantName = 'Shop, production';
// Characters that only arrive if the string is encoded and decoded rightly.
const password = 'p@ss/w:rd?&%';
const patience = 240_000;

let weir: Weir;
let own: Postgres;
let browser: Browser;

beforeAll(async () => {
  [weir, own, browser] = await Promise.all([startWeir(), startPostgres(), launchBrowser()]);
  await own.createRole('shop_app', password);
  await own.sql('CREATE DATABASE shop OWNER shop_app');
}, patience);

afterAll(async () => {
  await browser?.close();
  await weir?.close();
  await own?.close();
});

async function fillTenant(page: Page): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(tenantName);
  await page.getByLabel('Host', { exact: true }).fill(own.host);
  await page.getByLabel('Port', { exact: true }).fill(String(own.port));
  await page.getByLabel('Database', { exact: true }).fill('shop');
  await page.getByLabel('User', { exact: true }).fill('shop_app');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('TLS mode').selectOption('disable');
}

const tile = (page: Page, name: string, text: string) =>
  page
    .getByTestId(name)
    .filter({ hasText: new RegExp(`^${text}$`) })
    .waitFor();

test(
  'a new user creates a tenant, copies the pooled string, queries through it and sees the client in the tiles',
  async () => {
    await using opened = await openPage(browser, weir.apiUrl, wide);
    const { page, faults } = opened;
    await signIn(page, weir.apiKey);
    await page.getByRole('link', { name: 'New tenant' }).click();

    // The budget follows the memory while it is chosen: 1 GiB pays for 112, of which 7 are kept free.
    await page.getByRole('button', { name: '1', exact: true }).click();
    await page.getByTestId('budget').filter({ hasText: /^105$/ }).waitFor();
    await fillTenant(page);
    await page.getByRole('button', { name: 'Create tenant' }).click();

    const dialog = page.getByRole('dialog', { name: `Connect to ${tenantName}` });
    await dialog.waitFor();
    expect(await dialog.getByRole('tab', { name: 'Pooled' }).getAttribute('aria-selected')).toBe('true');
    await dialog.getByRole('button', { name: 'Copy pooled connection string' }).click();
    await dialog.getByText('pooled connection string copied').waitFor();
    const pooled = await clipboardOf(page);
    expect(pooled).toBe(await dialog.getByTestId('connection-string').textContent());
    expect(pooled).toContain('-pooler.db.localhost');

    const application = runApplication(pooled, weir.caFile);
    expect(await application.run('select current_user as role, current_database() as database')).toEqual([
      { role: 'shop_app', database: 'shop' },
    ]);
    await page.keyboard.press('Escape');
    await application.run('begin');
    await tile(page, 'clients-active', '1');
    await tile(page, 'servers-open', '1');
    await application.run('commit');
    await tile(page, 'clients-active', '0');
    await tile(page, 'clients-idle', '1');
    await application.close();
    await tile(page, 'clients-idle', '0');
    expect(faults).toEqual([]);
  },
  patience,
);

test(
  'the direct string and those that name the endpoint in options work as they are copied',
  async () => {
    await using opened = await openPage(browser, weir.apiUrl, wide);
    const { page } = opened;
    await signIn(page, weir.apiKey);
    await page.getByRole('link', { name: 'New tenant' }).click();
    await fillTenant(page);
    await page.getByRole('button', { name: 'Create tenant' }).click();
    const dialog = page.getByRole('dialog');
    const strings: string[] = [];
    for (const side of ['Pooled', 'Direct']) {
      await dialog.getByRole('tab', { name: side }).click();
      for (const byOptions of [false, true]) {
        await dialog.getByRole('checkbox').setChecked(byOptions);
        await dialog.getByRole('button', { name: /Copy .* connection string/ }).click();
        await dialog.getByText('connection string copied').waitFor();
        strings.push(await clipboardOf(page));
      }
    }
    expect(new Set(strings).size).toBe(4);
    // Another database of the server, by the same password.
    await dialog.getByLabel('Database', { exact: true }).selectOption('postgres');
    const elsewhere = await dialog.getByTestId('connection-string').textContent();
    expect(elsewhere).toContain('/postgres?');
    expect(await dialog.getByTestId('snippet').textContent()).toContain(elsewhere);
    strings.push(elsewhere!);
    for (const string of strings) {
      const application = runApplication(string, weir.caFile);
      expect(await application.run('select 42 as answer')).toEqual([{ answer: 42 }]);
      await application.close();
    }
  },
  patience,
);

test(
  'each snippet is copied exactly as it is shown, and holds no password once the page was left',
  async () => {
    await using opened = await openPage(browser, weir.apiUrl, wide);
    const { page } = opened;
    await signIn(page, weir.apiKey);
    await page.getByRole('link', { name: tenantName }).first().click();
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByTestId('connection-string').textContent()).toContain('shop_app:[password]@');
    const clients = await dialog.getByRole('tablist', { name: 'Client' }).getByRole('tab').allTextContents();
    const one = 'postgresql://a@h/d';
    expect(clients).toEqual(snippets({ pooled: one, direct: one }).map((snippet) => snippet.title));
    for (const client of clients) {
      await dialog.getByRole('tab', { name: client, exact: true }).click();
      await dialog.getByRole('button', { name: `Copy ${client} snippet` }).click();
      await dialog.getByText(`${client} snippet copied`).waitFor();
      expect(await clipboardOf(page)).toBe(await dialog.getByTestId('snippet').textContent());
    }
    expect(await page.content()).not.toContain(encodeURIComponent(password));
  },
  patience,
);

test(
  'what goes wrong is told with what to do: a key that is none, a field left empty, a password that is refused',
  async () => {
    await using opened = await openPage(browser, weir.apiUrl, wide);
    const { page } = opened;
    await page.getByLabel('API key').fill('weir_not_a_key');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await signIn(page, weir.apiKey);

    await page.getByRole('link', { name: 'New tenant' }).click();
    await page.getByRole('button', { name: 'Create tenant' }).click();
    await page.getByText('Name must not be empty.').waitFor();
    await page.locator('input[name=name]:focus').waitFor();

    await fillTenant(page);
    await page.getByLabel('Password', { exact: true }).fill('not it');
    await page.getByRole('button', { name: 'Create tenant' }).click();
    const problem = page.getByRole('alert');
    await problem.waitFor();
    expect(await problem.locator('.advice').textContent()).not.toBe('');
    // What was typed is still there.
    expect(await page.getByLabel('Host', { exact: true }).inputValue()).toBe(own.host);
  },
  patience,
);

test(
  'the database is tried as it is named: what is wrong is said with what to do, then its version and the budget that follows',
  async () => {
    await using opened = await openPage(browser, weir.apiUrl, wide);
    const { page, faults } = opened;
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await signIn(page, weir.apiKey);
    await page.getByRole('link', { name: 'New tenant' }).click();
    const probe = page.getByTestId('probe');
    await probe.getByText('Once host, user and password are there').waitFor();
    await fillTenant(page);
    await page.getByLabel('Password', { exact: true }).fill('not it');
    await probe.getByText('Trying the database…').waitFor();
    await probe.getByText('The database did not take user and password').waitFor();
    await probe.getByText('Try the same user and password with psql').waitFor();
    // 1 GiB pays for 105, and the server allows 97 to ordinary roles, of which 7 are kept free.
    await page.getByRole('button', { name: '1', exact: true }).click();
    await page.getByTestId('budget').filter({ hasText: /^105$/ }).waitFor();
    await page.getByLabel('Password', { exact: true }).fill(password);
    await probe.getByText(/^Postgres \d+\S* lets Weir in$/).waitFor();
    await probe.getByText('It allows 100 connections and reserves 3. The budget is 90.').waitFor();
    await page.getByTestId('budget').filter({ hasText: /^90$/ }).waitFor();

    // Whatever becomes of a trial, the form can be sent: here the API has had enough of them.
    await page.route('**/v1/upstreams/probe', (route) => route.fulfill({ status: 429, body: '{}' }));
    await page.getByLabel('Database', { exact: true }).fill('postgres');
    await probe.getByText('It is tried when the tenant is created in any case.').waitFor();
    await page.getByLabel('Database', { exact: true }).fill('shop');
    await page.getByRole('button', { name: 'Create tenant' }).click();
    await page.getByRole('dialog', { name: `Connect to ${tenantName}` }).waitFor();
    const secrets = [password, encodeURIComponent(password)];
    expect(asked.filter((url) => secrets.some((secret) => url.includes(secret)))).toEqual([]);
    expect(faults).toEqual([]);
  },
  patience,
);

test(
  'the keyboard alone signs in, opens Connect, changes its tabs and comes back to where it was',
  async () => {
    await using opened = await openPage(browser, weir.apiUrl, wide);
    const { page } = opened;
    await page.getByLabel('API key').focus();
    await page.keyboard.type(weir.apiKey);
    await page.keyboard.press('Enter');
    const link = page.getByRole('link', { name: tenantName }).first();
    await link.focus();
    await page.keyboard.press('Enter');
    const connect = page.getByRole('button', { name: 'Connect', exact: true });
    await connect.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    const pooledTab = dialog.getByRole('tab', { name: 'Pooled' });
    await pooledTab.focus();
    await page.keyboard.press('ArrowRight');
    await dialog.getByRole('tab', { name: 'Direct', selected: true }).waitFor();
    expect(await dialog.getByTestId('connection-string').textContent()).not.toContain('-pooler');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.locator('button:focus', { hasText: 'Connect' }).waitFor();
  },
  patience,
);

for (const view of [views[0]!, views[2]!]) {
  test(
    `overrides and pins are seen, with what a pinned client does, until it leaves: ${view.name}`,
    async () => {
      await weir.controlApi.call('PATCH', pathOf('changeEndpoint', { endpointId: weir.endpoint.id }), {
        settings: {
          stateTracking: 'strict',
          clientIdleTimeoutMs: 3_600_000,
          overrides: [{ role: 'reports', database: 'app', settings: { mode: 'session', pinsMax: 3 } }],
        },
      });
      await using opened = await openPage(browser, weir.apiUrl, view);
      const { page, faults } = opened;
      await signIn(page, weir.apiKey);
      await page.goto(`${weir.apiUrl}/#/tenants/${weir.tenant.id}`);
      const overrides = page.getByRole('region', { name: 'Overrides' });
      await overrides.getByText('role reports in database app', { exact: true }).waitFor();
      await overrides.getByText('at most 3', { exact: true }).waitFor();
      const pins = page.getByRole('region', { name: 'Pinned server connections' });
      await pins.getByText(/^None\. /).waitFor();
      const client = await weir.client({ config: { application_name: 'checkout' } });
      await client.query('create temp table cart (item text)');
      const row = pins.getByRole('row').filter({ hasText: 'temp-object' });
      await row.filter({ hasText: 'checkout on app' }).waitFor();
      await client.query('begin');
      await row.filter({ hasText: 'at work' }).waitFor();
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(view.width);
      await client.end();
      await pins.getByText(/^None\. /).waitFor();
      await pins.getByText(/since the poolers started: \d temp-object/).waitFor();
      expect(faults).toEqual([]);
    },
    patience,
  );
}

test(
  'a tenant is deleted only after its name was typed',
  async () => {
    await using opened = await openPage(browser, weir.apiUrl, wide);
    const { page } = opened;
    await signIn(page, weir.apiKey);
    const tenants = async () =>
      (await weir.controlApi.call<TenantPageReply>('GET', pathOf('listTenants'))).items;
    const before = await tenants();
    const victim = before.findLast((tenant) => tenant.name === tenantName)!;
    await page.goto(`${weir.apiUrl}/#/tenants/${victim.id}`);
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: `Delete ${tenantName}?` });
    await dialog.getByRole('button', { name: 'Delete tenant' }).click();
    await dialog.getByText("That is not this tenant's name.").waitFor();
    await weir.controlApi.call<GetTenantReply>('GET', pathOf('getTenant', { tenantId: victim.id }));
    await dialog.getByRole('textbox').fill(tenantName);
    await dialog.getByRole('button', { name: 'Delete tenant' }).click();
    await page.getByRole('heading', { name: 'Tenants' }).waitFor();
    expect((await tenants()).map((tenant) => tenant.id)).toEqual(
      before.map((tenant) => tenant.id).filter((id) => id !== victim.id),
    );
  },
  patience,
);
