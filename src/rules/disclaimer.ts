import type {
  DocumentElement,
  DocumentPart,
  GuardDocument,
  Rule,
  RuleContext,
  RuleFinding,
} from '../core/contracts.ts';
import { findingAt, isAttribute } from '../core/document.ts';
import { foldSpaces } from '../core/fold.ts';

const isSeenText = (block: DocumentPart['blocks'][number]): boolean =>
  block.visible && !isAttribute(block) && block.scope !== 'title';

const says = (part: DocumentPart, text: string): boolean =>
  part.blocks.some((block) => isSeenText(block) && block.text.includes(foldSpaces(text)));

/** A link is seen when the text block that holds its words is. */
function isSeen(part: DocumentPart, link: DocumentElement): boolean {
  if (link.text === '') return false;
  const holding = part.blocks.filter((block) => !isAttribute(block) && block.text.includes(link.text));
  const own = holding.find((block) => block.offset >= link.offset) ?? holding.at(-1);
  return own !== undefined && isSeenText(own);
}

const showsLink = (part: DocumentPart, url: string): boolean =>
  part.format === 'text'
    ? says(part, url)
    : part.elements.some(
        (element) => element.tag === 'a' && element.attributes['href'] === url && isSeen(part, element),
      );

function missingIn(part: DocumentPart, { kind }: GuardDocument, { unit }: RuleContext): string[] {
  const { disclaimers, addresses } = unit.brand;
  const required = disclaimers.filter(({ kinds, text }) => kinds.includes(kind) && !says(part, text));
  const needsAddress = kind === 'email' || kind === 'landing_page';
  const needsLeaving = kind === 'email' && !showsLink(part, addresses.unsubscribe_url);
  return [
    ...required.map(({ id, text }) => `disclaimer "${id}" is not visible: show "${text}"`),
    ...(needsAddress && !says(part, addresses.postal_address)
      ? [`the postal address is not visible: show "${addresses.postal_address}"`]
      : []),
    ...(needsLeaving ? [`there is no visible way to leave the list: link ${addresses.unsubscribe_url}`] : []),
  ];
}

/** Each part must carry them: of an email, a reader sees either the HTML or the text. */
const check = (document: GuardDocument, _params: unknown, context: RuleContext): RuleFinding[] =>
  document.parts.flatMap((part) => missingIn(part, document, context).map((message) => findingAt(part, 0, message)));

const beta = '<p>Northwind is in beta.</p>';
const address = '<p>Northwind Notes,<br>1 Harbour Street, Example Town</p>';
const leave = '<p>You can <a href="https://northwind.example/unsubscribe">leave the list</a> here.</p>';
const page = (html: string) => ({ with: {}, kind: 'landing_page', files: { 'index.html': html } }) as const;
const email = (html: string) => ({ with: {}, kind: 'email', files: { 'message.html': html } }) as const;

export const rule: Rule<Record<string, never>> = {
  id: 'disclaimer',
  about: "The brand's disclaimers, and the addresses that the kind of asset needs, must be visible word for word.",
  params: { type: 'object', additionalProperties: false, properties: {} },
  check,
  examples: {
    pass: [
      page(beta + address),
      email(beta + address + leave),
      { with: {}, kind: 'social_post', files: { 'post.txt': 'Write it down and move on.' } },
    ],
    fail: [
      page(`<div hidden>${beta}</div>${address}`),
      page(beta),
      email(beta + address),
      email(beta + address + leave.replace('<p>', '<p style="display:none">')),
    ],
  },
};
