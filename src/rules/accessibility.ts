import type {
  DocumentElement,
  DocumentPart,
  GuardDocument,
  Rule,
  RuleContext,
  RuleFinding,
} from '../core/contracts.ts';
import { findingAt } from '../core/document.ts';
import { htmlFindings, type RuleConfig } from '../core/html.ts';

const EVERYWHERE: RuleConfig = {
  'area-alt': 'error',
  'aria-hidden-body': 'error',
  'aria-label-misuse': 'error',
  'empty-heading': 'error',
  'empty-title': 'error',
  'heading-level': ['error', { minInitialRank: 'any' }],
  'hidden-focusable': 'error',
  'input-missing-label': 'error',
  'meta-refresh': 'error',
  'multiple-labeled-controls': 'error',
  'no-abstract-role': 'error',
  'no-autoplay': ['error', { include: ['audio', 'video'] }],
  'text-content': 'error',
  'unique-landmark': 'error',
  'valid-autocomplete': 'error',
  'wcag/h30': 'error',
  'wcag/h32': 'error',
  'wcag/h36': 'error',
  'wcag/h37': 'error',
  'wcag/h63': 'error',
  'wcag/h67': 'error',
  'wcag/h71': 'error',
};
const ON_PAGES: RuleConfig = { ...EVERYWHERE, 'heading-level': 'error' };

const VAGUE = new Set(['click here', 'click', 'here', 'this', 'link', 'this link', 'this page', 'more', 'read more']);

/** Relative luminance of #rrggbb. Source: WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 to 21. Source: WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Text and the background it stands on; 4.5 is the least of WCAG 2.2 criterion 1.4.3 (AA) for text of normal size. */
const PAIRS = [
  ['ink', 'paper'],
  ['muted', 'paper'],
  ['ink', 'surface'],
  ['muted', 'surface'],
  ['accent', 'paper'],
  ['on_accent', 'accent'],
] as const;

const designProblems = ({ unit }: RuleContext): string[] =>
  PAIRS.flatMap(([text, ground]) => {
    const ratio = contrast(unit.brand.design[text], unit.brand.design[ground]);
    // Cut, not rounded: 4.4999 is not enough.
    const shown = (Math.floor(ratio * 100) / 100).toFixed(2);
    const pair = `brands/${unit.brand.id}/brand.yaml: design.${text} on design.${ground}`;
    return ratio >= 4.5 ? [] : [`${pair} has a contrast of ${shown}, text needs 4.5`];
  });

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
    ...(kind === 'landing_page' && !hasMain ? ['the page has no <main>'] : []),
  ];
}

function check({ kind, parts }: GuardDocument, _params: unknown, context: RuleContext): RuleFinding[] | undefined {
  const pages = parts.filter(({ format }) => format === 'html');
  if (pages.length === 0) return undefined;
  return pages.flatMap((part) => [
    ...[...pageProblems(part, kind, context), ...designProblems(context)].map((message) => findingAt(part, 0, message)),
    ...elementFindings(part),
    ...htmlFindings(part, kind === 'landing_page' ? ON_PAGES : EVERYWHERE),
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
