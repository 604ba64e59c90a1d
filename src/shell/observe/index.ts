/** Asks the world what rules must be told before they judge: a browser, live links, a scan for secrets. */
import type { EffectOf, GuardDocument, Need, Observations } from '../../core/contracts.ts';
import { webAddresses } from '../../core/document-links.ts';
import { openPageBrowser } from './browser.ts';
import type { Environment } from './chromium.ts';
import { type LinkOptions, openLinkChecker } from './links.ts';

/** A document to look at; without its asset, the files of the page are those that were taken apart. */
export type Question = Pick<EffectOf<'examine'>, 'document' | 'needs'> & Partial<Pick<EffectOf<'examine'>, 'asset'>>;

export interface Examiner {
  /** Never fails because of the world: what cannot be asked is told as unavailable. */
  examine(question: Question): Promise<Observations>;
  close(): Promise<void>;
}

export interface ExaminerOptions {
  readonly env: Environment;
  readonly links?: LinkOptions;
}

const sourcesOf = ({ parts }: GuardDocument): Map<string, string> =>
  new Map(parts.map(({ file, source }) => [file, source]));

/** Asks only for what is needed; the browser starts with the first page and stays until the end. */
export function openExaminer({ env, links }: ExaminerOptions): Examiner {
  const browser = openPageBrowser({ env });
  const checker = openLinkChecker(links);
  const ask: { readonly [N in Need]: (question: Question) => Promise<Observations> } = {
    browser: async ({ document, asset }) => ({
      browser: await browser.examine(document, asset?.files ?? sourcesOf(document)),
    }),
    links: async ({ document }) => ({ links: await checker.check(webAddresses(document)) }),
    secrets: async ({ document }) => ({ secrets: await (await import('./secrets.ts')).scanSecrets(document) }),
  };
  return {
    async examine(question) {
      const answers = await Promise.all(question.needs.map((need) => ask[need](question)));
      return Object.assign({}, ...answers) as Observations;
    },
    async close() {
      await Promise.all([browser.close(), checker.close()]);
    },
  };
}

/** For simulations: the world has nothing to say against anything. */
export const simulatedExaminer: Examiner = {
  examine({ document, needs }) {
    const pages = document.parts.filter(({ format }) => format === 'html');
    const fine = { violations: [], undecided: [], misdeeds: [] };
    const all: Required<Observations> = {
      browser: { engine: 'simulated', files: Object.fromEntries(pages.map(({ file }) => [file, fine])) },
      links: Object.fromEntries(
        webAddresses(document).map((address) => [address, { state: 'ok', because: 'simulated' }]),
      ),
      secrets: [],
    };
    return Promise.resolve(Object.fromEntries(needs.map((need) => [need, all[need]])));
  },
  close: () => Promise.resolve(),
};
