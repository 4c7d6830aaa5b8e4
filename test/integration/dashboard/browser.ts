// A headless browser for tests: CHROME_PATH, else one on PATH, else the one that comes from npm. And its pages.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Launches it. Playwright leaves its sandbox off, which root and most containers need; only our own pages are opened. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await findBrowser(),
    // Containers have a small /dev/shm and no graphics card.
    args: ['--disable-dev-shm-usage', '--disable-gpu'],
    timeout: 180_000,
  });
}

async function findBrowser(): Promise<string> {
  const { CHROME_PATH, PATH = '' } = process.env;
  if (CHROME_PATH) return CHROME_PATH;
  for (const directory of PATH.split(delimiter)) {
    for (const name of names) {
      const file = join(directory, name);
      if (isExecutable(file)) return file;
    }
  }
  // Without it the package counts on libraries of the system; with it, it brings them.
  process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs22.x';
  const found = await import('@sparticuz/chromium').catch(() => null);
  if (found === null) {
    throw new Error('no browser: set CHROME_PATH, or install chromium, or install the optional dependencies');
  }
  return found.default.executablePath();
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** How a page is looked at. */
export interface View {
  readonly name: string;
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
}

/** Wide and narrow, light and dark. */
export const views: readonly View[] = [
  { name: 'wide-light', width: 1280, colorScheme: 'light' },
  { name: 'wide-dark', width: 1280, colorScheme: 'dark' },
  { name: 'narrow-light', width: 360, colorScheme: 'light' },
  { name: 'narrow-dark', width: 360, colorScheme: 'dark' },
];

/** A page of its own profile, and what went wrong in it. */
export interface TestPage {
  readonly page: Page;
  /** Script errors and blocked resources, oldest first. */
  readonly faults: readonly string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens `url` as `view`, with the clipboard allowed. */
export async function openPage(browser: Browser, url: string, view: View): Promise<TestPage> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: view.width, height: 800 },
    colorScheme: view.colorScheme,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // Replies such as 401 are expected by some tests, and the browser logs each of them.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      faults.push(message.text());
    }
  });
  await page.goto(url);
  return { page, faults, [Symbol.asyncDispose]: () => context.close() };
}

/** What the clipboard holds. */
export function clipboardOf(page: Page): Promise<string> {
  return page.evaluate<string>('navigator.clipboard.readText()');
}
