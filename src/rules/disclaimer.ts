import type { DocumentPart, GuardDocument, Rule, RuleContext, RuleFinding } from '../core/contracts.ts';
import { findingAt, findingOn, isAttribute } from '../core/document.ts';
import { foldMapped, foldSpaces } from '../core/fold.ts';
import { bodiesOf, headsOf } from '../core/mail.ts';
import type { Mapped } from '../core/mapped.ts';
import { patternOf, patternProblems, type TextPattern } from '../core/patterns.ts';
import { standsOnSite } from '../core/schedule.ts';
import { shownLinks } from '../core/shown-links.ts';
import type { Match } from '../core/vale/pattern.ts';

interface Params {
  readonly any_of?: readonly string[];
  readonly in?: readonly string[];
  readonly when?: string;
}

const isSeenText = (block: DocumentPart['blocks'][number]): boolean =>
  block.visible && !isAttribute(block) && block.scope !== 'title';

const says = (part: DocumentPart, text: string): boolean =>
  part.blocks.some((block) => isSeenText(block) && block.text.includes(foldSpaces(text)));

const showsLink = (part: DocumentPart, url: string): boolean =>
  part.format === 'text'
    ? says(part, url)
    : shownLinks(part).some((link) => link.url === url && link.visible && link.text !== '');

/** What the brand itself requires of the kind. */
function brandFindings(part: DocumentPart, { kind }: GuardDocument, { unit }: RuleContext): RuleFinding[] {
  const { disclaimers, addresses } = unit.brand;
  const required = disclaimers.filter(({ kinds, text }) => kinds.some((one) => one === kind) && !says(part, text));
  const needsAddress = kind === 'email' || standsOnSite(kind);
  const needsLeaving = kind === 'email' && !showsLink(part, addresses.unsubscribe_url);
  return [
    ...required.map(({ id, text }) => `disclaimer "${id}" is not visible: show "${text}"`),
    ...(needsAddress && !says(part, addresses.postal_address)
      ? [`the postal address is not visible: show "${addresses.postal_address}"`]
      : []),
    ...(needsLeaving ? [`there is no visible way to leave the list: link ${addresses.unsubscribe_url}`] : []),
  ].map((message) => findingAt(part, 0, message));
}

interface Occasion {
  readonly part: DocumentPart;
  readonly folded: Mapped;
  readonly match: Match;
}

/** Where the words in question first stand; undefined when they do not. */
function occasionIn(parts: readonly DocumentPart[], when: string): Occasion | undefined {
  for (const part of parts) {
    for (const block of part.blocks) {
      const folded = foldMapped(block);
      const [match] = patternOf(when).find(folded.text);
      if (match) return { part, folded, match };
    }
  }
  return undefined;
}

function shows(part: DocumentPart, patterns: readonly TextPattern[], tags: readonly string[] | undefined): boolean {
  const texts =
    tags && part.format !== 'text'
      ? part.elements.filter(({ tag, visible }) => visible && tags.includes(tag)).map(({ text }) => text)
      : part.blocks.filter(isSeenText).map(({ text }) => text);
  return texts.some((text) => patterns.some((pattern) => pattern.test(text)));
}

/** What the rule's own params require. */
function ownFindings(
  part: DocumentPart,
  heads: readonly DocumentPart[],
  anyOf: readonly string[],
  params: Params,
): RuleFinding[] {
  const { in: tags, when } = params;
  const occasion = when === undefined ? undefined : occasionIn([part, ...heads], when);
  const isAsked = when === undefined || occasion !== undefined;
  if (!isAsked || shows(part, anyOf.map(patternOf), tags)) return [];
  const where = tags ? ` in ${tags.map((tag) => `<${tag}>`).join(' or ')}` : '';
  const message = `no visible text${where} says ${anyOf.join(' or ')}`;
  if (!occasion) return [findingAt(part, 0, message)];
  const { folded, match } = occasion;
  return [findingOn(occasion.part, folded, match.start, match.end, `"${match.text}" needs more: ${message}`)];
}

/** Each part must carry them: of an email, a reader sees either the HTML or the text. */
const check = (document: GuardDocument, params: Params, context: RuleContext): RuleFinding[] =>
  bodiesOf(document).flatMap((part) =>
    params.any_of
      ? ownFindings(part, headsOf(document), params.any_of, params)
      : brandFindings(part, document, context),
  );

const beta = '<p>Northwind is in beta.</p>';
const address = '<p>Northwind Notes,<br>1 Harbour Street, Example Town</p>';
const leave = '<p>You can <a href="https://northwind.example/unsubscribe">leave the list</a> here.</p>';
const page = (html: string, params: Params = {}) =>
  ({ with: params, kind: 'landing_page', files: { 'index.html': html } }) as const;
const email = (html: string) => ({ with: {}, kind: 'email', files: { 'message.html': html } }) as const;
const imprint: Params = { any_of: ['\\bImpressum\\b', '\\bImprint\\b'], in: ['a'] };
const tax: Params = { any_of: ['inkl\\. MwSt', 'incl\\. VAT'], when: '\\d ?€' };

export const rule: Rule<Params> = {
  id: 'disclaimer',
  about: "The brand's disclaimers, and the addresses that the kind of asset needs, must be visible word for word.",
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      any_of: {
        type: 'array',
        minItems: 1,
        items: { type: 'string', minLength: 1 },
        description:
          'Regular expressions, in any case; one of them is visible in each part. Required instead of what the brand says.',
      },
      in: {
        type: 'array',
        minItems: 1,
        items: { type: 'string', pattern: '^[a-z][a-z0-9]*$' },
        description: 'Elements that show it in HTML, such as a.',
      },
      when: {
        type: 'string',
        minLength: 1,
        description: 'Regular expression, in any case: required only where a text says this, such as a price.',
      },
    },
  },
  lint: ({ any_of: anyOf, in: tags, when }) => [
    ...(anyOf === undefined && (tags ?? when) !== undefined ? ['in and when say nothing without any_of'] : []),
    ...patternProblems([...(anyOf ?? []), ...(when === undefined ? [] : [when])]),
  ],
  check,
  examples: {
    pass: [
      page(beta + address),
      email(beta + address + leave),
      { with: {}, kind: 'social_post', files: { 'post.txt': 'Write it down and move on.' } },
      page('<p><a href="/imprint">Imprint</a></p>', imprint),
      page('<p>12,00 € inkl. MwSt.</p>', tax),
      page('<p>Write it down.</p>', tax),
    ],
    fail: [
      page(`<div hidden>${beta}</div>${address}`),
      page(beta),
      email(beta + address),
      email(beta + address + leave.replace('<p>', '<p style="display:none">')),
      page('<p>Imprint</p>', imprint),
      page('<p><a href="/imprint" hidden>Imprint</a></p>', imprint),
      page('<p>12,00 €</p>', tax),
    ],
  },
};
