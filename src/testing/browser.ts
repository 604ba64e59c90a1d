/**
 * Chromium out of npm, for tests and pictures: needs no system package, talks to one origin on this machine only, and
 * writes down everything that a page must not do.
 */
import type { BrowserContextOptions, LaunchOptions, Page } from 'playwright-core';
import { type Chromium, locateSameChromium, lodge, QUIET_ARGS, readyChromium } from '../shell/observe/chromium.ts';

/** A Chromium that can be started, or why there is none. */
export async function findChromium(): Promise<Chromium | { readonly missing: string }> {
  const where = locateSameChromium(process.env);
  return 'missing' in where ? where : readyChromium(where, process.env);
}

// Pages do not measure browsers that say a program drives them, and these tests stand for people.
const ARGS = [...QUIET_ARGS, '--disable-blink-features=AutomationControlled'];

/** As a visitor's Chrome calls itself; the headless name counts as a program. */
export const VISITOR =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36';

export interface Visit {
  readonly page: Page;
  /** What a page must not do, in words: errors, failed requests, requests to other places. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

export interface Browser {
  /**
   * A visitor with an empty profile.
   * @param origin  the only one that pages may talk to: http://127.0.0.1:4321
   */
  visit(origin: string, look?: BrowserContextOptions): Promise<Visit>;
  close(): Promise<void>;
}

/** @param fontFolders  beyond the package's own font, which has neither a fixed width nor symbols */
export async function openBrowser(found: Chromium, fontFolders: readonly string[] = []): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  const lodging = lodge(found, fontFolders);
  const options: LaunchOptions = { executablePath: found.program, args: ARGS, env: lodging.env };
  const isRoot = process.getuid?.() === 0;
  // Root cannot have Chromium's sandbox, nor can users of kernels that keep user namespaces from them.
  const plain = () => chromium.launch({ ...options, chromiumSandbox: false });
  const browser = await (isRoot ? plain() : chromium.launch({ ...options, chromiumSandbox: true }).catch(plain));
  return {
    async visit(origin, look = {}) {
      const context = await browser.newContext({ userAgent: VISITOR, serviceWorkers: 'block', ...look });
      const problems: string[] = [];
      await context.route('**/*', (route) => {
        const url = route.request().url();
        if (url.startsWith(`${origin}/`)) return route.continue();
        problems.push(`asked for ${url}`);
        return route.abort();
      });
      context.on('requestfailed', (request) =>
        problems.push(`failed: ${request.url()} ${request.failure()?.errorText}`),
      );
      context.on('response', (response) => {
        if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
      });
      // Violations of the content security policy are errors on the console.
      context.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()}`);
      });
      context.on('weberror', (error) => problems.push(`thrown: ${String(error.error())}`));
      return { page: await context.newPage(), problems, close: () => context.close() };
    },
    async close() {
      await browser.close();
      lodging.remove();
    },
  };
}
