// What is changed in the dashboard, in a real browser: settings, sizing, keys, tenants; and that it is so afterwards.
import { type CreateApiKeyReply, type EndpointReply, type GetTenantReply, pathOf } from '@weir/api-contract';
import { startWeir, type Weir } from '@weir/harness';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clipboardOf, launchBrowser, openPage, views } from './browser.ts';
import { openTenant, signIn } from './sign-in.ts';

const patience = 120_000;
let weir: Weir;
let browser: Browser;

beforeAll(async () => {
  [weir, browser] = await Promise.all([startWeir({ budget: 20 }), launchBrowser()]);
}, patience);

afterAll(async () => {
  await browser?.close();
  await weir?.close();
});

const endpoint = () =>
  weir.controlApi.call<EndpointReply>('GET', pathOf('getEndpoint', { endpointId: weir.endpoint.id }));
const whatChanges = (page: Page) => page.getByRole('region', { name: 'What this changes' });

test(
  'the effect of a change of settings is said before it is made, and a change by somebody else is not overwritten',
  async () => {
    await using opened = await openTenant(browser, weir);
    const { page, faults } = opened;
    await page.getByRole('button', { name: 'Edit pool settings' }).click();
    const dialog = page.getByRole('dialog', { name: 'Pool settings' });
    await dialog.getByText('Nothing is changed yet.').waitFor();
    await dialog.getByLabel('Server connections a pool', { exact: true }).fill('0');
    await dialog.getByText('Must be at least 1.').waitFor();
    await dialog.getByLabel('Server connections a pool', { exact: true }).fill('3');
    await dialog.getByLabel('Wait for a server').fill('5 s');
    await whatChanges(page)
      .getByText(/close those that are idle at once.*none is dropped/)
      .waitFor();
    expect((await endpoint()).settings.poolSize).toBeNull();

    await weir.controlApi.call('PATCH', pathOf('changeEndpoint', { endpointId: weir.endpoint.id }), {
      settings: { pinsMax: 4 },
    });
    await dialog.getByRole('button', { name: 'Apply 2 changes' }).click();
    await dialog.getByRole('alert').waitFor();
    expect((await endpoint()).settings.poolSize).toBeNull();

    await page.reload();
    await page.getByRole('button', { name: 'Edit pool settings' }).click();
    await dialog.getByLabel('Server connections a pool', { exact: true }).fill('3');
    await dialog.getByRole('button', { name: 'Apply 1 change' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await endpoint()).settings).toMatchObject({
      poolSize: 3,
      pinsMax: 4,
      queryWaitTimeoutMs: 60_000,
    });
    await page.getByText('at most 3', { exact: true }).waitFor();
    expect(faults).toEqual([]);
  },
  patience,
);

test(
  'an override is added, changed and removed',
  async () => {
    await using opened = await openTenant(browser, weir);
    const { page } = opened;
    const overrides = page.getByRole('region', { name: 'Overrides' });
    await page.getByRole('button', { name: 'Add override' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Add override' }).click();
    await dialog.getByText('Name a role, a database or both.').waitFor();
    await dialog.getByLabel('Role', { exact: true }).fill('reports');
    await dialog.getByRole('checkbox', { name: 'Pool mode' }).check();
    await dialog.getByRole('combobox', { name: 'Pool mode' }).selectOption('session');
    await whatChanges(page)
      .getByText(/keeps its server connection until it leaves/)
      .waitFor();
    await dialog.getByRole('button', { name: 'Add override' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await endpoint()).settings.overrides).toEqual([
      { role: 'reports', database: null, settings: { mode: 'session' } },
    ]);

    await overrides.getByRole('button', { name: 'Edit override for role reports' }).click();
    await dialog.getByRole('checkbox', { name: 'Pool mode' }).uncheck();
    await dialog.getByRole('checkbox', { name: 'A statement takes' }).check();
    await dialog.getByRole('textbox', { name: 'A statement takes' }).fill('10 s');
    await dialog.getByRole('button', { name: 'Apply', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await endpoint()).settings.overrides[0]!.settings).toEqual({ queryTimeoutMs: 10_000 });

    await overrides.getByRole('button', { name: 'Edit override for role reports' }).click();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await endpoint()).settings.overrides).toEqual([]);
  },
  patience,
);

test(
  'the budget is worked out anew from another memory and reserve, and shown before it is so',
  async () => {
    await using opened = await openTenant(browser, weir);
    const { page } = opened;
    await page.getByRole('button', { name: 'Edit sizing' }).click();
    const dialog = page.getByRole('dialog', { name: 'Sizing' });
    await dialog.getByLabel('Kept free').fill('5');
    await whatChanges(page).getByText('The budget falls from 20 to 15').waitFor();
    await dialog.getByRole('button', { name: '20 15' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await endpoint()).toMatchObject({ budget: 15, sizing: { reserve: 5, cap: 20 } });
    await page.getByTestId('budget').filter({ hasText: /^15$/ }).waitFor();
  },
  patience,
);

test(
  'an API key is shown once, opens what its scopes say, and opens nothing once it is revoked',
  async () => {
    await using opened = await openTenant(browser, weir);
    const { page } = opened;
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Reader');
    await dialog.getByRole('button', { name: 'Create key' }).click();
    await dialog.getByRole('button', { name: 'Copy API key' }).click();
    await dialog.getByText('API key copied').waitFor();
    const secret = await clipboardOf(page);
    expect(secret).toBe(await dialog.getByTestId('api-key').textContent());
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect(await page.content()).not.toContain(secret);

    await using other = await openPage(browser, weir.apiUrl, views[0]!);
    await signIn(other.page, secret);
    await other.page.getByTitle('API key Reader').waitFor();
    expect(await other.page.getByRole('link', { name: 'New tenant' }).count()).toBe(0);
    await other.page.getByRole('link', { name: 'Audit log' }).click();
    await other.page
      .getByRole('alert')
      .getByText(/scope admin/)
      .waitFor();

    await page.getByRole('button', { name: 'Revoke Reader' }).click();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('row', { name: /Reader Revoked/ }).waitFor();
    await other.page.getByRole('link', { name: 'Tenants', exact: true }).click();
    await other.page.getByText('The key is no longer accepted').waitFor();
  },
  patience,
);

test(
  'a role is imported with a password that is tried, changed by nobody who may not, and deleted in the database too',
  async () => {
    await using opened = await openTenant(browser, weir);
    const { page, faults } = opened;
    await weir.createRole('there', 'there-pw');
    const roles = page.getByRole('region', { name: 'Roles' });
    const dialog = page.getByRole('dialog');
    await roles.getByRole('button', { name: 'Import role' }).click();
    await dialog.getByLabel('Name').fill('there');
    await dialog.getByLabel('Password').fill('not it');
    await dialog.getByRole('button', { name: 'Import role' }).click();
    await dialog.getByRole('alert').getByText('Try the same user and password with psql').waitFor();
    await dialog.getByLabel('Password').fill('there-pw');
    await dialog.getByRole('button', { name: 'Import role' }).click();
    await roles.getByRole('row', { name: /^there Password, sealed/ }).waitFor();
    // It can be chosen at once, and a change of the endpoint is not refused for the role that came meanwhile.
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await dialog.getByLabel('Role').selectOption('there');
    await page.keyboard.press('Escape');

    const reader = await weir.controlApi.call<CreateApiKeyReply>('POST', '/v1/api-keys', {
      name: 'Looks only',
      scopes: ['read'],
    });
    await using other = await openPage(browser, weir.apiUrl, views[0]!);
    await signIn(other.page, reader.secret);
    await other.page.goto(`${weir.apiUrl}/#/tenants/${weir.tenant.id}`);
    const seen = other.page.getByRole('region', { name: 'Roles' });
    await seen.getByRole('row', { name: /^there/ }).waitFor();
    expect(await seen.getByRole('button').count()).toBe(0);
    for (const role of ['button', 'link'] as const)
      expect(await other.page.getByRole(role, { name: /endpoint$/ }).count()).toBe(0);
    await other.page.getByRole('link', { name: 'Trust rules' }).click();
    await other.page.getByText('No trust rules yet').waitFor();
    expect(await other.page.getByRole('button', { name: 'New trust rule' }).count()).toBe(0);

    await roles.getByRole('button', { name: 'Delete role there' }).click();
    await dialog.getByRole('checkbox').check();
    await dialog.getByRole('button', { name: 'Delete role' }).click();
    await dialog.waitFor({ state: 'detached' });
    await roles.getByRole('row', { name: /^there/ }).waitFor({ state: 'detached' });
    expect(await weir.postgres.sql("select 1 from pg_roles where rolname = 'there'")).toEqual([]);
    expect(faults).toEqual([]);
  },
  patience,
);

test(
  'a tenant is suspended with a reason, resumed and renamed, and its history tells of it',
  async () => {
    await using opened = await openTenant(browser, weir);
    const { page, faults } = opened;
    const tenant = () =>
      weir.controlApi.call<GetTenantReply>('GET', pathOf('getTenant', { tenantId: weir.tenant.id }));
    await page.getByRole('button', { name: 'Suspend', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('unpaid');
    await dialog.getByRole('button', { name: 'Suspend' }).click();
    await page.getByText('Suspended: clients are refused').waitFor();
    expect(await tenant()).toMatchObject({ status: 'suspended', suspendedReason: 'unpaid' });
    await page.getByRole('button', { name: 'Resume' }).click();
    await dialog.getByRole('button', { name: 'Resume' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await tenant()).status).toBe('active');
    for (const name of ['Mill', 'harness']) {
      await page.getByRole('button', { name: 'Rename' }).click();
      await dialog.getByLabel('Name').fill(name);
      await dialog.getByRole('button', { name: 'Rename' }).click();
      await page.getByRole('heading', { name, level: 1 }).waitFor();
    }

    await page.getByRole('link', { name: 'History' }).click();
    const entry = page.getByRole('listitem').filter({ hasText: 'Changed tenant' }).last();
    await entry.locator('summary').click();
    await entry.getByRole('row', { name: /suspendedReason – unpaid/ }).waitFor();
    await page.getByLabel('Action').selectOption('tenant.undelete');
    await page.getByText('Nobody has done this so far.').waitFor();
    expect(faults).toEqual([]);
  },
  patience,
);

test(
  'pools are paused and resumed, all or those of one role, and what that does is said first',
  async () => {
    await using opened = await openTenant(browser, weir);
    const { page, faults } = opened;
    const client = await weir.client();
    await client.query('select 1');
    // Seen to be open, so that none is open only once the pause has come to the pooler.
    await page.getByTestId('servers-open').filter({ hasText: /^1$/ }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/every client waits, for 1 min|every client waits, for 60 s/).waitFor();
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    expect((await endpoint()).orders.pools[0]).toMatchObject({ role: null, database: null });
    await page.getByTestId('servers-open').filter({ hasText: /^0$/ }).waitFor();
    const asked = client.query('select 2 as two');
    await page.getByTestId('clients-waiting').filter({ hasText: /^1$/ }).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await dialog.getByRole('button', { name: 'Resume' }).click();
    expect((await asked).rows).toEqual([{ two: 2 }]);
    await page.getByText('Paused', { exact: true }).waitFor({ state: 'detached' });
    await page.getByText('Resume: carried out by 1 pooler').waitFor();

    // Pools of one role alone; the others go on.
    await page.getByRole('button', { name: 'Pause' }).click();
    await dialog.getByLabel('Role').fill('reports');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await page.getByText(/^Paused role reports, since/).waitFor();
    expect((await endpoint()).orders.pools).toMatchObject([{ role: 'reports', database: null }]);
    expect((await client.query('select 3 as three')).rows).toEqual([{ three: 3 }]);
    await page.getByRole('button', { name: 'Resume role reports' }).click();
    await dialog.getByRole('button', { name: 'Resume' }).click();
    await page.getByText(/^Paused role reports/).waitFor({ state: 'detached' });
    await client.end();
    await page.getByRole('link', { name: 'Usage' }).click();
    await page.getByRole('heading', { name: 'Usage' }).waitFor();
    expect(faults).toEqual([]);
  },
  patience,
);

test(
  'a tenant that was deleted is found among the deleted and brought back',
  async () => {
    await using opened = await openTenant(browser, weir);
    const { page } = opened;
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill('harness');
    await dialog.getByRole('button', { name: 'Delete tenant' }).click();
    await page.getByText('No tenants yet').waitFor();
    await page.getByRole('button', { name: 'Show deleted ones' }).click();
    await page.getByRole('button', { name: 'Undelete harness' }).click();
    await page.getByText('No tenant was deleted in the last days.').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByLabel('Name begins with').fill('nobody');
    await page.getByText('Nothing found').waitFor();
    await page.getByLabel('Name begins with').fill('harn');
    await page.getByRole('link', { name: 'harness' }).click();
    await page.getByText(weir.endpoint.id, { exact: true }).waitFor();
  },
  patience,
);
