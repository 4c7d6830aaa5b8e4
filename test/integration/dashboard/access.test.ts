// Who may connect, who is told of changes and who else has tenants here, as it is chosen in the dashboard, in a real browser.
import { type EndpointReply, pathOf } from '@weir/api-contract';
import { startWeir, type Weir, waitUntil } from '@weir/harness';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isSigned, startReceiver } from '../webhooks/receiver.ts';
import { launchBrowser, openPage, views } from './browser.ts';
import { openTenant, signIn } from './sign-in.ts';

const patience = 120_000;
const failuresMax = 6;
let weir: Weir;
let browser: Browser;

beforeAll(async () => {
  [weir, browser] = await Promise.all([
    startWeir({ poolerEnv: { WEIR_LOGIN_FAILURES_MAX: String(failuresMax) } }),
    launchBrowser(),
  ]);
}, patience);

afterAll(async () => {
  await browser?.close();
  await weir?.close();
});

/** Null once a client is let in, else the code of what it was told. */
const refusalOf = (options: Parameters<Weir['client']>[0] = {}) =>
  weir.client(options).then(
    (client) => client.end().then(() => null),
    (error: { code: string }) => error.code,
  );

async function allowedNow(): Promise<EndpointReply['settings']['allowedAddresses']> {
  const path = pathOf('getEndpoint', { endpointId: weir.endpoint.id });
  return (await weir.controlApi.call<EndpointReply>('GET', path)).settings.allowedAddresses;
}

test(
  'a list that locks out its own author and every client is warned of, refuses clients once it is meant, and lets them in again',
  async () => {
    await using opened = await openTenant(browser, weir);
    const { page, faults } = opened;
    const connected = await weir.client();
    await page.getByTestId('clients-idle').filter({ hasText: /^1$/ }).waitFor();

    await page.getByRole('button', { name: 'Edit allowed addresses' }).click();
    const dialog = page.getByRole('dialog', { name: 'Allowed addresses' });
    const apply = dialog.getByRole('button', { name: 'Apply' });
    await dialog.getByLabel('Range 1', { exact: true }).fill('203.0.113.0/40');
    await page.keyboard.press('Tab');
    await dialog.getByText(/^Range 1 must be an IPv4 or IPv6 address, or a range/).waitFor();
    await dialog.getByLabel('Range 1', { exact: true }).fill('203.0.113.0/24');
    await dialog.getByText('You reach this page from 127.0.0.1, as the API sees it.').waitFor();
    await dialog.getByText('The one client that is connected could not come back: 127.0.0.1.').waitFor();
    await page.keyboard.press('Enter');
    expect(await apply.getAttribute('aria-disabled')).toBe('true');
    expect(await allowedNow()).toBeNull();

    await dialog.getByLabel('Lock them out all the same').check();
    await apply.click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('list', { name: 'Ranges' }).getByText('203.0.113.0/24').waitFor();
    await waitUntil(async () => (await refusalOf()) === '28000', { what: 'the list is in force' });
    expect((await connected.query('select 1 as one')).rows).toEqual([{ one: 1 }]);

    await page.getByRole('button', { name: 'Edit allowed addresses' }).click();
    await dialog.getByRole('button', { name: 'Add a range' }).click();
    await page.keyboard.type('127.0.0.0/8');
    await apply.click();
    await dialog.waitFor({ state: 'detached' });
    expect(await allowedNow()).toEqual(['203.0.113.0/24', '127.0.0.0/8']);
    await waitUntil(async () => (await refusalOf()) === null, { what: 'the longer list is in force' });
    await connected.end();
    expect(faults).toEqual([]);
  },
  patience,
);

test(
  'an address that is banned for failed logins is seen with its end, and logs in again once that is cleared',
  async () => {
    await weir.createRole('other');
    await using opened = await openTenant(browser, weir);
    const { page, faults } = opened;
    const bans = page.getByRole('region', { name: 'Bans' });
    await bans.getByText(/^Nobody is banned/).waitFor();
    for (let failed = 0; failed < failuresMax; failed++) {
      expect(await refusalOf({ password: 'wrong' })).toBe('28P01');
    }
    await bans.getByText('Too many failed logins').waitFor();
    await bans.getByText(/^Until .*, for another (\d+ s|[45] min)$/).waitFor();
    await waitUntil(async () => (await refusalOf({ role: 'other' })) === '28000', { what: 'it is banned' });
    await bans.getByRole('button', { name: 'Clear the ban of 127.0.0.1' }).click();
    await bans.getByText(/^Nobody is banned/).waitFor();
    await waitUntil(async () => (await refusalOf({ role: 'other' })) === null, { what: 'it is let in' });
    expect(faults).toEqual([]);
  },
  patience,
);

test(
  'a webhook shows its secret once, hears a test under a valid signature, is replayed, rotated, switched off and deleted',
  async () => {
    const receiver = await startReceiver();
    receiver.answer = { status: 503 };
    await using opened = await openTenant(browser, weir);
    const { page, faults } = opened;
    await page.getByRole('link', { name: 'Webhooks' }).click();
    await page.getByText('No webhooks yet').waitFor();
    await page.getByRole('button', { name: 'New webhook' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Create webhook' }).click();
    await dialog.getByText('The URL must be whole, such as https://example.com/hooks.').waitFor();
    await dialog.locator('[aria-invalid=true]:focus').waitFor();
    await page.keyboard.type(receiver.url);
    await dialog.getByLabel('Everything of tenants').check();
    await dialog.getByRole('checkbox', { name: 'role.rotated' }).check();
    await dialog.getByRole('button', { name: 'Create webhook' }).click();
    const secret = (await dialog.getByTestId('webhook-secret').textContent())!;
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect(await page.content()).not.toContain(secret);

    await page
      .getByRole('row', { name: /On 7 events/ })
      .getByRole('link')
      .click();
    await page.getByText('No deliveries').waitFor();
    await page.getByRole('button', { name: 'Send a test' }).click();
    const delivery = page.getByRole('region', { name: 'Deliveries' }).getByRole('listitem');
    await delivery
      .filter({ hasText: /test Pending 1 attempt, next one/ })
      .locator('summary')
      .click();
    await delivery.getByText('status 503').waitFor();
    receiver.answer = { status: 204 };
    await delivery.getByRole('button', { name: /^Replay/ }).click();
    await delivery.filter({ hasText: 'Delivered' }).getByText('status 204').waitFor();
    const [first, second] = receiver.received;
    expect(second!.id).toBe(first!.id);
    for (const one of receiver.received) expect(isSigned(one, secret)).toBe(true);

    await page.getByRole('button', { name: 'Rotate secret' }).click();
    await dialog.getByRole('button', { name: 'Rotate secret' }).click();
    await dialog.getByText(/^The secret before signs too until/).waitFor();
    const newSecret = (await dialog.getByTestId('webhook-secret').textContent())!;
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Signed with two secrets').waitFor();
    expect(await page.content()).not.toContain(newSecret);
    await page.getByRole('button', { name: 'Send a test' }).click();
    await expect.poll(() => receiver.received.length).toBe(3);
    for (const one of [secret, newSecret]) expect(isSigned(receiver.received[2]!, one)).toBe(true);
    await page.getByRole('button', { name: 'End overlap' }).click();
    await dialog.getByRole('button', { name: 'End overlap' }).click();
    await page.getByText('Signed with two secrets').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Send a test' }).click();
    await expect.poll(() => receiver.received.length).toBe(4);
    expect([secret, newSecret].map((one) => isSigned(receiver.received[3]!, one))).toEqual([false, true]);

    await page.getByRole('button', { name: 'Switch off' }).click();
    await page.getByText('Switched off: it is told nothing').waitFor();
    expect(await page.getByRole('button', { name: 'Send a test' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Switch on' }).click();
    await page.getByRole('button', { name: 'Send a test' }).waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await dialog.getByRole('button', { name: 'Delete webhook' }).click();
    await page.getByText('No webhooks yet').waitFor();
    expect(faults).toEqual([]);
    await receiver.close();
  },
  patience,
);

test(
  'an organisation is made with a key that is shown once and sees nothing of others, and renamed by itself',
  async () => {
    await using opened = await openTenant(browser, weir);
    const { page, faults } = opened;
    await page.getByRole('link', { name: 'First organisation' }).click();
    await page.getByRole('row', { name: /First organisation Yours Runs this installation/ }).waitFor();
    await page.getByRole('button', { name: 'New organisation' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Newcomers');
    await dialog.getByRole('button', { name: 'Create organisation' }).click();
    const secret = (await dialog.getByTestId('first-key').textContent())!;
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('row', { name: /Newcomers/ }).waitFor();

    await using other = await openPage(browser, weir.apiUrl, views[0]!);
    await signIn(other.page, secret);
    await other.page.getByText('No tenants yet').waitFor();
    await other.page.getByRole('link', { name: 'Newcomers' }).click();
    await other.page.getByRole('button', { name: 'Rename Newcomers' }).click();
    expect(await other.page.getByRole('row').count()).toBe(2);
    expect(await other.page.getByRole('button', { name: 'New organisation' }).count()).toBe(0);
    await other.page.getByRole('textbox', { name: 'Name' }).fill('Old hands');
    await other.page.getByRole('button', { name: 'Rename', exact: true }).click();
    await other.page.getByRole('link', { name: 'Old hands' }).waitFor();
    expect([...faults, ...other.faults]).toEqual([]);
  },
  patience,
);
