import type {
  DocumentElement,
  DocumentPart,
  GuardDocument,
  Rule,
  RuleContext,
  RuleFinding,
} from '../core/contracts.ts';
import { findingAt } from '../core/document.ts';
import { htmlFindings } from '../core/html.ts';
import { contrastFaults } from '../core/palette.ts';
import { standsOnSite } from '../core/schedule.ts';

const VAGUE = new Set(['click here', 'click', 'here', 'this', 'link', 'this link', 'this page', 'more', 'read more']);

const designProblems = ({ unit: { brand } }: RuleContext): string[] =>
  contrastFaults(brand.design).map(({ token, message }) => `brands/${brand.id}/brand.yaml: design.${token} ${message}`);

/** A drawing that stands for something is named by its first child or by a label. */
function isNamed({ attributes }: DocumentElement, next: DocumentElement | undefined): boolean {
  const label = attributes['aria-label'] ?? attributes['aria-labelledby'] ?? '';
  return label.trim() !== '' || (next?.tag === 'title' && next.text !== '');
}

function elementFindings(part: DocumentPart): RuleFinding[] {
  return part.elements.flatMap((element, index) => {
    const { tag, attributes, text, offset } = element;
    const name = (attributes['aria-label'] ?? text)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
    if (tag === 'a' && VAGUE.has(name))
      return [findingAt(part, offset, `link text "${text}" does not say where it leads`)];
    const isDrawing = tag === 'svg' && attributes['role'] === 'img';
    return isDrawing && !isNamed(element, part.elements[index + 1])
      ? [findingAt(part, offset, '<svg role="img"> has no <title>')]
      : [];
  });
}

function pageProblems({ elements }: DocumentPart, kind: GuardDocument['kind'], { unit }: RuleContext): string[] {
  const lang = elements.find(({ tag }) => tag === 'html')?.attributes['lang'] ?? '';
  const { locale } = unit.brand;
  const hasMain = elements.some(({ tag, attributes }) => tag === 'main' || attributes['role'] === 'main');
  return [
    ...(lang.toLowerCase() === locale.toLowerCase()
      ? []
      : [`<html lang="${lang}"> is not the locale of the brand, ${locale}`]),
    ...(standsOnSite(kind) && !hasMain ? ['the page has no <main>'] : []),
  ];
}

function check({ kind, parts }: GuardDocument, _params: unknown, context: RuleContext): RuleFinding[] | undefined {
  const pages = parts.filter(({ format }) => format === 'html');
  if (pages.length === 0) return undefined;
  return pages.flatMap((part) => [
    ...[...pageProblems(part, kind, context), ...designProblems(context)].map((message) => findingAt(part, 0, message)),
    ...elementFindings(part),
    ...htmlFindings(part, kind, 'accessibility'),
  ]);
}

const whole = (main: string, lang: string): string =>
  `<!DOCTYPE html><html lang="${lang}"><head><title>Notes</title></head><body><main>${main}</main></body></html>`;
const page = (main: string, lang = 'en') =>
  ({ with: {}, kind: 'landing_page', files: { 'index.html': whole(main, lang) } }) as const;

export const rule: Rule<Record<string, never>> = {
  id: 'accessibility',
  about: 'What shows without a browser: names of images, controls and links, order of headings, language, contrast.',
  params: { type: 'object', additionalProperties: false, properties: {} },
  uninterruptible: true,
  check,
  examples: {
    pass: [
      page('<h1>Notes</h1><h2>Start</h2><img src="/a.png" alt="A chart"><a href="/pricing">See the plans</a>'),
      page('<h1>Notes</h1><label for="a">Mail</label><input id="a"><svg role="img"><title>A note</title></svg>'),
    ],
    fail: [
      page('<h1>Notes</h1><img src="/a.png">'),
      page('<h1>Notes</h1><input type="email" placeholder="Mail">'),
      page('<h1>Notes</h1><h3>Start</h3>'),
      page('<h1>Notes</h1><a href="/pricing">Click here</a><svg role="img"><path d="M0 0"/></svg>'),
      page('<h1>Notizen</h1>', 'de'),
    ],
  },
};
