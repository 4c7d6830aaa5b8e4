// Endpoints and trust rules of a tenant in the dashboard, in a real browser: made, changed and deleted, as clients feel it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type CreateCredentialReply, type GetTenantReply, pathOf } from '@weir/api-contract';
import { startWeir, type Weir } from '@weir/harness';
import { findProgram } from '@weir/local-servers';
import { type OidcIssuer, startOidcIssuer } from '@weir/local-servers/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clipboardOf, launchBrowser } from './browser.ts';
import { loggedInAs } from './run-application.ts';
import { openTenant } from './sign-in.ts';

const patience = 120_000;
let weir: Weir;
let browser: Browser;
let issuer: OidcIssuer;

beforeAll(async () => {
  [weir, browser, issuer] = await Promise.all([
    startWeir({ budget: 20 }),
    launchBrowser(),
    startOidcIssuer(),
  ]);
}, patience);

afterAll(async () => {
  await browser?.close();
  await weir?.close();
  await issuer?.close();
});

const endpoints = async () =>
  (await weir.controlApi.call<GetTenantReply>('GET', pathOf('getTenant', { tenantId: weir.tenant.id })))
    .endpoints;

test(
  'a tenant gets another endpoint, whose database is tried as it is named; it is suspended, resumed and deleted',
  async () => {
    await using opened = await openTenant(browser, weir);
    const { page, faults } = opened;
    const dialog = page.getByRole('dialog');
    const list = page.getByRole('region', { name: 'Endpoints', exact: true });
    expect(await list.count()).toBe(0);
    await page.getByRole('link', { name: 'New endpoint' }).click();
    await page.getByRole('link', { name: 'harness' }).waitFor();
    expect(await page.getByLabel('Name', { exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Create endpoint' }).click();
    await page.getByText('Host must not be empty.').waitFor();
    await page.locator('input[name=host]:focus').waitFor();

    const { host, port, user, password } = weir.postgres;
    const named = { Host: host, Port: String(port), User: user, Password: password };
    for (const [label, text] of Object.entries(named)) {
      await page.getByLabel(label, { exact: true }).fill(text);
    }
    await page.getByLabel('TLS mode').selectOption('disable');
    await page.getByLabel('Sessions').selectOption('read_only');
    await page
      .getByTestId('probe')
      .getByText(/lets Weir in$/)
      .waitFor();
    await page.getByRole('button', { name: 'Create endpoint' }).click();
    await dialog.getByRole('button', { name: 'Copy pooled connection string' }).click();
    await dialog.getByText('pooled connection string copied').waitFor();
    const pooled = await clipboardOf(page);
    const made = (await endpoints()).find(({ id }) => pooled.includes(id))!;
    expect(made).toMatchObject({ kind: 'read_only' });
    expect(made.id).not.toBe(weir.endpoint.id);
    const logIn = () => loggedInAs(pooled, weir.caFile);
    expect(await logIn()).toBe(user);
    await page.keyboard.press('Escape');
    await page.getByText('The endpoint is ready').waitFor();

    // The other one is a link away, and the password is forgotten on the way.
    await list.getByRole('link', { name: weir.endpoint.id }).click();
    await page.getByRole('heading', { name: weir.endpoint.id }).waitFor();
    await list.getByRole('link', { name: made.id }).click();
    await page.getByRole('heading', { name: made.id }).waitFor();
    expect(await page.getByText('The endpoint is ready').count()).toBe(0);
    expect(await dialog.count()).toBe(0);

    await page.getByRole('button', { name: 'Suspend endpoint' }).click();
    await dialog.getByText(/New clients are refused/).waitFor();
    await dialog.getByRole('button', { name: 'Suspend' }).click();
    await list.getByRole('row', { name: new RegExp(`${made.id} read-only Suspended`) }).waitFor();
    await expect.poll(logIn).toContain('is suspended');
    // Its tenant's other endpoint goes on.
    await (await weir.client()).end();
    await page.getByRole('button', { name: 'Resume endpoint' }).click();
    await dialog.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(logIn).toBe(user);

    await page.getByRole('button', { name: 'Delete endpoint' }).click();
    await dialog.getByText(/cannot be undone/).waitFor();
    await dialog.getByRole('textbox').fill(weir.endpoint.id);
    await dialog.getByRole('button', { name: 'Delete endpoint' }).click();
    await dialog.getByText("That is not this endpoint's name.").waitFor();
    expect(await endpoints()).toHaveLength(2);
    await dialog.getByRole('textbox').fill(made.id);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: weir.endpoint.id }).waitFor();
    expect(await list.count()).toBe(0);
    expect(await page.getByText('is not here').count()).toBe(0);
    await page.goto(`${weir.apiUrl}/#/tenants/${weir.tenant.id}/${made.id}`);
    await page.getByText(`${made.id} is not here`).waitFor();
    expect((await endpoints()).map(({ id }) => id)).toEqual([weir.endpoint.id]);
    await expect.poll(logIn).not.toBe(user);
    expect(faults).toEqual([]);
  },
  patience,
);

const curl = findProgram(['curl']);
test.skipIf(curl === null)(
  `a trust rule is made, its example is run as it is copied, and what it lent is revoked with it${curl === null ? ' (skipped: curl is not on PATH)' : ''}`,
  async () => {
    const role = { name: 'app', password: 'app-pw' };
    await weir.controlApi.call('POST', pathOf('importRole', { endpointId: weir.endpoint.id }), role);
    await using opened = await openTenant(browser, weir);
    const { page, faults } = opened;
    const dialog = page.getByRole('dialog');
    const field = (label: string) => dialog.getByLabel(label, { exact: true });
    await page.getByRole('link', { name: 'Trust rules' }).click();
    await page.getByText('No trust rules yet').waitFor();
    await page.getByRole('button', { name: 'New trust rule' }).click();
    await field('Team').fill('acme');
    await field('Project').fill('shop');
    expect(await field('Issuer').inputValue()).toBe('https://oidc.vercel.com/acme');
    await dialog.getByText(/^Trusted: functions and builds of acme\/shop on Vercel/).waitFor();
    await dialog.getByRole('tab', { name: 'GitHub Actions' }).click();
    await field('Owner').fill('acme@1');
    await field('Repository').fill('shop@2');
    await field('Name of it').fill('production');
    expect(await field('Subject').inputValue()).toBe('repo:acme@1/shop@2:environment:production');
    await dialog.getByText(/^Trusted: jobs of acme\/shop on GitHub, in the environment production/).waitFor();

    await dialog.getByRole('tab', { name: 'Another issuer' }).click();
    await field('Issuer').fill(issuer.url);
    await field('Subject').fill('repo:acme/shop*');
    await dialog.getByRole('button', { name: 'Create trust rule' }).click();
    await dialog.getByText(/^The subject must have each \* alone/).waitFor();
    await field('Subject').fill('repo:acme/shop:environment:*');
    await field('Role').selectOption('app');
    await dialog.getByRole('button', { name: 'Create trust rule' }).click();

    // What is copied, run as it is where a token stands in TOKEN.
    const sub = 'repo:acme/shop:environment:production';
    await dialog.getByRole('tab', { name: 'curl', selected: true }).waitFor();
    await dialog.getByRole('button', { name: 'Copy curl example, Terminal' }).click();
    await dialog.getByText('curl example, Terminal copied').waitFor();
    const example = await clipboardOf(page);
    const env = { PATH: process.env.PATH, TOKEN: issuer.token({ sub, aud: 'weir' }) };
    const exchange = async () => {
      const run = promisify(execFile)('sh', ['-c', example], { env });
      return (await run.catch((error: { stdout: string }) => error)).stdout;
    };
    const lent = JSON.parse(await exchange()) as CreateCredentialReply;
    expect(await loggedInAs(lent.connectionStrings.pooled, weir.caFile)).toBe('app');
    await page.keyboard.press('Escape');

    const row = page.getByRole('row', { name: /repo:acme\/shop:environment:\*/ });
    await row.getByRole('button', { name: 'Edit' }).click();
    await field('Subject').fill('repo:acme/shop:environment:staging');
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('row', { name: /repo:acme\/shop:environment:staging/ }).waitFor();
    expect(await exchange()).toContain('token-not-trusted');

    await page.getByRole('button', { name: /^Delete: tr_/ }).click();
    await dialog.getByRole('button', { name: 'Delete trust rule' }).click();
    await page.getByText('No trust rules yet').waitFor();
    await expect
      .poll(() => loggedInAs(lent.connectionStrings.pooled, weir.caFile))
      .toContain('password authentication failed');
    expect(faults).toEqual([]);
  },
  patience,
);
