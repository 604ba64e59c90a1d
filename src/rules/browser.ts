import type {
  BrowserFinding,
  BrowserObservation,
  DocumentPart,
  GuardDocument,
  NotEvaluated,
  Rule,
  RuleContext,
  RuleFinding,
} from '../core/contracts.ts';
import { findingAt } from '../core/document.ts';
import { sitePath } from '../core/document-links.ts';

interface Params {
  readonly undecided?: 'fail';
}

/** Cut, not rounded: 4.4999 is not enough. */
const shown = (ratio: number): string => (Math.floor(ratio * 100) / 100).toFixed(2);

function elementFinding(part: DocumentPart, found: BrowserFinding, doubt: string): RuleFinding {
  const { rule, help, selector, element, contrast } = found;
  const measured = contrast ? `: the contrast is ${shown(contrast.ratio)}, text needs ${contrast.required}` : '';
  const place = element === undefined ? undefined : part.elements[element]?.offset;
  return {
    ...findingAt(part, place ?? 0, `${help} (${rule})${measured}${doubt}`, place === undefined ? selector : ''),
    selector: selector.slice(0, 500),
  };
}

/** What the page asked for on the brand's own site is a question of the links rule. */
function isOwnRequest(misdeed: string, { unit }: RuleContext): boolean {
  const [, address = ''] = /^asked for (\S+)$/.exec(misdeed) ?? [];
  return URL.canParse(address) && sitePath(new URL(address), unit.brand.addresses.site_url) !== undefined;
}

function misdeedFinding(part: DocumentPart, misdeed: string): RuleFinding {
  const [, address] = /^asked for (\S+)$/.exec(misdeed) ?? [];
  // A browser writes addresses out in full; the source may leave the beginning away.
  const spelled = address === undefined ? -1 : part.source.indexOf(address.replace(/^https?:/, ''));
  const message = address === undefined ? misdeed : `the page ${misdeed}: it may load nothing from elsewhere`;
  return findingAt(part, Math.max(spelled, 0), message, address ?? '');
}

function partFindings(
  part: DocumentPart,
  seen: BrowserObservation['files'][string],
  { undecided }: Params,
  context: RuleContext,
): RuleFinding[] {
  return [
    ...seen.violations.map((found) => elementFinding(part, found, '')),
    ...(undecided === 'fail' ? seen.undecided : []).map((found) =>
      elementFinding(part, found, ', which could not be decided'),
    ),
    ...seen.misdeeds
      .filter((misdeed) => !isOwnRequest(misdeed, context))
      .map((misdeed) => misdeedFinding(part, misdeed)),
  ];
}

function check(
  { parts }: GuardDocument,
  params: Params,
  context: RuleContext,
): readonly RuleFinding[] | NotEvaluated | undefined {
  const pages = parts.filter(({ format }) => format === 'html');
  if (pages.length === 0) return undefined;
  const { browser } = context.observed;
  if (!browser) return { notEvaluated: 'no browser was asked' };
  if ('unavailable' in browser) return { notEvaluated: browser.unavailable };
  const unseen = pages.find(({ file }) => !browser.files[file]);
  if (unseen) return { notEvaluated: `no browser has seen ${unseen.file}` };
  return pages.flatMap((part) => {
    const seen = browser.files[part.file];
    return seen ? partFindings(part, seen, params, context) : [];
  });
}

const html =
  '<!DOCTYPE html>\n<html lang="en"><title>Notes</title>\n<body><h1>Notes</h1><p>Write it down.</p></body></html>';
const FINE = { violations: [], undecided: [], misdeeds: [] };
const faint: BrowserFinding = {
  rule: 'color-contrast',
  help: 'Elements must meet minimum color contrast ratio thresholds',
  selector: 'p',
  element: 4,
  contrast: { ratio: 1.912, required: 4.5 },
};
const example = (changes: Partial<BrowserObservation['files'][string]>, params: Params = {}) =>
  ({
    with: params,
    kind: 'landing_page',
    files: { 'index.html': html },
    context: { observed: { browser: { engine: 'chromium', files: { 'index.html': { ...FINE, ...changes } } } } },
  }) as const;

export const rule: Rule<Params> = {
  id: 'browser',
  about: 'What a browser shows: axe finds no barrier at two widths, light and dark, and the page asks for nothing.',
  needs: ['browser'],
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      undecided: {
        const: 'fail',
        description: 'Also report what axe could not decide and the pixels could not either; left out, it passes.',
      },
    },
  },
  check,
  examples: {
    pass: [
      example({}),
      example({ undecided: [faint] }),
      example({ misdeeds: ['asked for https://northwind.example/logo.png'] }),
    ],
    fail: [
      example({ violations: [faint] }),
      example({ undecided: [faint] }, { undecided: 'fail' }),
      example({ misdeeds: ['asked for https://cdn.example/a.js'] }),
    ],
  },
};
