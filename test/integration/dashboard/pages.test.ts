// Every page of the dashboard in two views, in four for the documentation, with traffic behind it: it fits its window, and axe finds nothing against it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type CreateOrganisationReply,
  type CreateTenantReply,
  type CreateWebhookReply,
  type DeliveryReply,
  pathOf,
  type TrustRuleReply,
} from '@weir/api-contract';
import { startWeir, temporaryDirectory, type Weir, waitUntil } from '@weir/harness';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../webhooks/receiver.ts';
import { launchBrowser, openPage, type View, views } from './browser.ts';
import { signIn } from './sign-in.ts';
import { startTraffic, type Traffic } from './traffic.ts';

const patience = 240_000;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// Pictures for the documentation are worth the wait.
const forDocs = process.env.WEIR_SCREENSHOTS === 'docs';
const secondsOfTraffic = forDocs ? 12 : 3;
// Each width and each theme once; what a width does to a page no theme undoes.
const viewsHere = forDocs
  ? views
  : views.filter(({ name }) => name === 'wide-light' || name === 'narrow-dark');
/** What there is against the pages of one test, all of it at once. */
const against: string[] = [];
beforeEach(() => {
  against.length = 0;
});

let weir: Weir;
let browser: Browser;
let traffic: Traffic;
let receiver: Receiver;
let webhookPath: string;
let twoEndpointsPath: string;
/** Of an organisation without anything. */
let emptyKey: string;

// `WEIR_SCREENSHOTS=docs` renews the pictures of the documentation.
const directory = forDocs
  ? fileURLToPath(new URL('../../../docs/screenshots', import.meta.url))
  : temporaryDirectory('screenshots').path;

beforeAll(async () => {
  [weir, browser] = await Promise.all([
    startWeir({ budget: 20, poolerEnv: { WEIR_LOGIN_FAILURES_MAX: '3' } }),
    launchBrowser(),
  ]);
  mkdirSync(directory, { recursive: true });
  const call = weir.controlApi.call;
  const made = await call<CreateOrganisationReply>('POST', '/v1/organisations', { name: 'Newcomers' });
  emptyKey = made.secret;
  await call('PATCH', pathOf('changeTenant', { tenantId: weir.tenant.id }), { name: 'Shop, production' });
  for (const [name, status] of [
    ['Shop, staging', 'active'],
    ['Analytics', 'suspended'],
  ] as const) {
    const { host, port, user, password } = weir.postgres;
    const upstream = { host, port, database: weir.database, user, password, tlsMode: 'disable' };
    const { tenant } = await call<CreateTenantReply>('POST', '/v1/tenants', {
      name,
      upstream,
      computeRamGb: 4,
    });
    if (status === 'active') {
      twoEndpointsPath = `tenants/${tenant.id}`;
      await call('POST', pathOf('createEndpoint', { tenantId: tenant.id }), {
        upstream: { ...upstream, database: 'postgres' },
        computeRamGb: 1,
      });
    } else {
      const body = { status, suspendedReason: 'Until its owner has paid' };
      await call('PATCH', pathOf('changeTenant', { tenantId: tenant.id }), body);
    }
  }
  await call('POST', '/v1/api-keys', { name: 'Continuous integration', scopes: ['read', 'write'] });
  await call('PATCH', pathOf('changeEndpoint', { endpointId: weir.endpoint.id }), {
    settings: {
      poolSize: 12,
      idleInTransactionTimeoutMs: 60_000,
      overrides: [{ role: 'reports', database: null, settings: { mode: 'session', poolSize: 3 } }],
    },
  });
  const reports = { endpointId: weir.endpoint.id, roleName: 'reports' };
  await call('POST', pathOf('createRole', reports), { name: 'reports', memberOf: ['pg_read_all_data'] });
  await call('POST', pathOf('rotateRole', reports), { overlapSeconds: 86_400 });
  for (const rule of trustRules) {
    const body = { ...rule, issuer: 'http://127.0.0.1', endpointId: weir.endpoint.id, role: 'reports' };
    await call('POST', pathOf('createTrustRule', { tenantId: weir.tenant.id }), body);
  }
  await webhookWithDeliveries();
  traffic = await startTraffic(weir);
  // So that there is a ban to be seen.
  for (let failed = 0; failed < 3; failed++) await weir.client({ password: 'wrong' }).catch(() => {});
}, patience);

afterAll(async () => {
  await traffic?.stop();
  await browser?.close();
  await weir?.close();
  await receiver?.close();
});

const trustRules = [
  {
    issuer: 'https://token.actions.githubusercontent.com',
    audience: 'weir',
    subject: 'repo:acme@123456/shop@456789:environment:production',
    description: 'Migrations',
  },
  {
    issuer: 'https://gitlab.com',
    audience: 'weir',
    subject: 'project_path:acme/shop:ref_type:branch:ref:main',
    claims: { ref_protected: 'true' },
    ttlSecondsMax: 300,
  },
];

/** One that was delivered, and one that is to be tried again. */
async function webhookWithDeliveries(): Promise<void> {
  receiver = await startReceiver();
  const { webhook } = await weir.controlApi.call<CreateWebhookReply>('POST', pathOf('createWebhook'), {
    url: receiver.url,
    description: 'Tells billing of new tenants',
    events: ['tenant.created', 'tenant.deleted', 'tenant.suspended', 'role.rotated'],
  });
  webhookPath = `webhooks/${webhook.id}`;
  const tell = () => weir.controlApi.call('POST', pathOf('testWebhook', { webhookId: webhook.id }));
  const delivered = async () => {
    const path = pathOf('listDeliveries', { webhookId: webhook.id });
    const { items } = await weir.controlApi.call<{ items: DeliveryReply[] }>('GET', path);
    return items[0]?.status === 'delivered';
  };
  await tell();
  await waitUntil(delivered, { what: 'the first test is delivered' });
  receiver.answer = { status: 503 };
  await tell();
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const violations = await page.evaluate<Violation[]>('axe.run(document).then((found) => found.violations)');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id}: ${target.join(' ')} ${failureSummary}`),
  );
}

/** As WebP, a third of the same as PNG. */
async function picture(page: Page, file: string, fullPage: boolean): Promise<void> {
  const [width, height] = await page.evaluate<[number, number]>(
    fullPage ? '[innerWidth, document.documentElement.scrollHeight]' : '[innerWidth, innerHeight]',
  );
  const browser = await page.context().newCDPSession(page);
  const { data } = await browser.send('Page.captureScreenshot', {
    format: 'webp',
    quality: 70,
    captureBeyondViewport: fullPage,
    clip: { x: 0, y: 0, width, height, scale: 1 },
  });
  writeFileSync(file, Buffer.from(data, 'base64'));
  await browser.detach();
}

/** Takes a picture of what is there now, and has it looked at. `fullPage` is for pages, dialogs are as high as the window. */
async function look(page: Page, view: View, what: string, fullPage = true): Promise<void> {
  // From the top, or the bar that stays in sight would stand in the middle of the picture.
  await page.evaluate('scrollTo(0, 0), document.fonts.ready.then(() => true)');
  await picture(page, join(directory, `${what}-${view.name}.webp`), fullPage);
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  if (width !== view.width) against.push(`${what} is ${width} px wide`);
  against.push(...(await violationsOf(page)).map((violation) => `${what}: ${violation}`));
}

/** Until the charts have lines: their newest value has changed so often. */
async function someSecondsOfTraffic(page: Page): Promise<void> {
  let before: string | null = null;
  let changes = 0;
  const newest = page.getByTestId('chart-transactions').getByRole('listitem').first();
  const count = async (): Promise<number> => {
    const text = await newest.textContent();
    // Steady traffic has the same few values again and again.
    if (text !== before) changes++;
    before = text;
    return changes;
  };
  await expect.poll(count, { timeout: 60_000, interval: 200 }).toBeGreaterThan(secondsOfTraffic);
}

for (const view of viewsHere) {
  test(
    `every page fits its window and is accessible: ${view.name}`,
    async () => {
      await using opened = await openPage(browser, weir.apiUrl, view);
      const { page, faults } = opened;
      const goTo = (path: string) => page.goto(`${weir.apiUrl}/#/${path}`);
      const open = async (button: string, what: string) => {
        await page.getByRole('button', { name: button, exact: true }).click();
        await page.getByRole('dialog').waitFor();
        await look(page, view, what, false);
      };
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await look(page, view, 'sign-in');
      await signIn(page, weir.apiKey);
      await page.getByRole('link', { name: 'Analytics' }).waitFor();
      await look(page, view, 'tenants');

      await goTo('new/tenant');
      await page.getByTestId('budget').waitFor();
      const { host, port, user, password } = weir.postgres;
      const named = { Name: 'Shop, testing', Host: host, Port: String(port), User: user, Password: password };
      for (const [label, text] of Object.entries(named)) {
        await page.getByLabel(label, { exact: true }).fill(text);
      }
      await page.getByText('The database does not offer TLS').waitFor();
      await look(page, view, 'create-refused');
      await page.getByLabel('TLS mode').selectOption('disable');
      await page.getByText(/lets Weir in$/).waitFor();
      await look(page, view, 'create');

      await goTo(`tenants/${weir.tenant.id}`);
      await page
        .getByTestId('chart-executions')
        .getByText(/p99 [\d.]+ ms/)
        .waitFor();
      await someSecondsOfTraffic(page);
      await page.getByRole('button', { name: 'Clear the ban of 127.0.0.1' }).waitFor();
      await look(page, view, 'tenant');
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
      await page.getByLabel('Database', { exact: true }).selectOption('postgres');
      await look(page, view, 'connect', false);
      await page.getByRole('tab', { name: 'Direct' }).click();
      await page.getByRole('tab', { name: 'Prisma 7', exact: true }).click();
      await look(page, view, 'connect-direct', false);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Edit pool settings' }).click();
      await page.getByLabel('Server connections a pool', { exact: true }).fill('8');
      await look(page, view, 'settings', false);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Edit sizing' }).click();
      await page.getByLabel('Kept free').fill('5');
      await look(page, view, 'edit-sizing', false);
      await page.keyboard.press('Escape');
      await open('Edit override for role reports', 'override');
      await page.keyboard.press('Escape');
      await open('New role', 'create-role');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Rotate role reports' }).click();
      await page.getByRole('button', { name: 'Rotate password' }).click();
      await page.getByTestId('password').waitFor();
      await look(page, view, 'role-password', false);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'New credential' }).click();
      await page.getByLabel('Role', { exact: true }).selectOption('reports');
      await page.getByRole('button', { name: 'Create credential' }).click();
      await page.getByTestId('user-name').waitFor();
      await look(page, view, 'credential', false);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Edit allowed addresses' }).click();
      await page.getByLabel('Range 1', { exact: true }).fill('203.0.113.0/24');
      await page.getByRole('button', { name: 'Add a range' }).click();
      await page.getByLabel('Range 2', { exact: true }).fill('2001:db8::/32');
      await page.getByText('This locks out your own address').waitFor();
      await look(page, view, 'addresses', false);
      await page.keyboard.press('Escape');
      await open('Suspend', 'suspend');
      await page.keyboard.press('Escape');
      await open('Pause', 'pause');
      await page.keyboard.press('Escape');

      await goTo(twoEndpointsPath);
      await page.getByRole('region', { name: 'Endpoints', exact: true }).waitFor();
      await page.getByTestId('clients-active').filter({ hasText: /^0$/ }).waitFor();
      await look(page, view, 'endpoints', false);
      await open('Delete endpoint', 'delete-endpoint');
      await page.keyboard.press('Escape');

      // The API takes no issuer whose address it cannot find, and there may be no network here.
      await page.route('**/trust-rules*', async (route) => {
        const response = await route.fetch();
        const { items, ...rest } = (await response.json()) as { items: TrustRuleReply[] };
        const shown = items.map((rule, index) => ({ ...rule, issuer: trustRules[index]!.issuer }));
        await route.fulfill({ response, json: { ...rest, items: shown } });
      });
      await goTo(`trust-rules/${weir.tenant.id}`);
      await page.getByRole('row', { name: /jobs of acme/i }).waitFor();
      await look(page, view, 'trust-rules');
      await page.getByRole('button', { name: 'New trust rule' }).click();
      await page.getByLabel('Team').fill('acme');
      await page.getByLabel('Project').fill('shop');
      await look(page, view, 'create-trust-rule', false);
      await page.keyboard.press('Escape');
      await page
        .getByRole('row', { name: /jobs of acme/i })
        .getByRole('button', { name: 'Use it' })
        .click();
      await look(page, view, 'use-trust-rule', false);
      await page.keyboard.press('Escape');

      await goTo('usage');
      await page
        .getByRole('row', { name: new RegExp(weir.endpoint.id) })
        .or(page.getByText('Nothing used yet'))
        .waitFor();
      await look(page, view, 'usage');

      await goTo('audit');
      const entry = page.getByRole('listitem').filter({ hasText: 'Changed endpoint' }).first();
      await entry.locator('summary').click();
      await look(page, view, 'audit');

      await goTo('api-keys');
      await page.getByRole('row', { name: /Continuous integration/ }).waitFor();
      await look(page, view, 'api-keys');
      await open('New key', 'create-key');
      await page.keyboard.press('Escape');

      await goTo('organisations');
      await page.getByRole('row', { name: /Newcomers/ }).waitFor();
      await look(page, view, 'organisations');

      await goTo('webhooks');
      await page.getByRole('row', { name: /4 events/ }).waitFor();
      await look(page, view, 'webhooks');
      await open('New webhook', 'create-webhook');
      await page.keyboard.press('Escape');
      await goTo(webhookPath);
      const delivered = page.getByRole('listitem').filter({ hasText: 'Delivered' });
      await delivered.locator('summary').click();
      await page.getByRole('button', { name: /^Replay/ }).waitFor();
      await look(page, view, 'webhook');

      await goTo('sizing');
      await page.getByTestId('budget').waitFor();
      await page.getByRole('rowheader', { name: '16 GiB' }).waitFor();
      await look(page, view, 'sizing');
      expect([...faults, ...against]).toEqual([]);
    },
    patience,
  );

  test(
    `what loads, what is empty and what failed has its own look: ${view.name}`,
    async () => {
      await using opened = await openPage(browser, weir.apiUrl, view);
      const { page } = opened;
      let letGo = () => {};
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      await page.route('**/v1/tenants*', async (route) => {
        await held;
        await route.continue();
      });
      await signIn(page, emptyKey);
      await page.getByText('Loading tenants').waitFor({ state: 'attached' });
      await look(page, view, 'loading');
      letGo();
      await page.getByText('No tenants yet').waitFor();
      await look(page, view, 'empty');
      await page.goto(`${weir.apiUrl}/#/tenants/${weir.tenant.id}`);
      await page.getByRole('alert').waitFor();
      await look(page, view, 'failed');
      expect(against).toEqual([]);
    },
    patience,
  );
}
