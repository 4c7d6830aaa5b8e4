// Signs in to the dashboard as a person does.
import type { Page } from 'playwright-core';

/** Resolves once the list of tenants is there. */
export async function signIn(page: Page, apiKey: string): Promise<void> {
  await page.getByLabel('API key').fill(apiKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Tenants' }).waitFor();
}
