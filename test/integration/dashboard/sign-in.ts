// Signs in to the dashboard as a person does, and goes to where there is something to do.
import type { Weir } from '@weir/harness';
import type { Browser, Page } from 'playwright-core';
import { openPage, type TestPage, views } from './browser.ts';

/** Resolves once the list of tenants is there. */
export async function signIn(page: Page, apiKey: string): Promise<void> {
  await page.getByLabel('API key').fill(apiKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Tenants', exact: true }).waitFor();
}

/** The page of the harness's own tenant. */
export async function openTenant(browser: Browser, weir: Weir): Promise<TestPage> {
  const opened = await openPage(browser, weir.apiUrl, views[0]!);
  await signIn(opened.page, weir.apiKey);
  await opened.page.goto(`${weir.apiUrl}/#/tenants/${weir.tenant.id}`);
  await opened.page.getByRole('heading', { name: 'harness' }).waitFor();
  return opened;
}
