import type { DocumentPart, GuardDocument, Rule, RuleContext, RuleFinding } from '../core/contracts.ts';
import { findingAt, isAttribute } from '../core/document.ts';
import { CannotJudge } from '../core/errors.ts';
import { asksFor, expressionProblems, holds, type Variables } from '../core/expression.ts';
import { shownLinks } from '../core/shown-links.ts';

interface Params {
  readonly expr: string;
  readonly message: string;
}

const VARIABLES: Variables = {
  asset: ['kind', 'channel', 'locale', 'text', 'visible_text', 'links', 'headers'],
  offer: ['id', 'name', 'summary', 'price', 'price_fact', 'cta', 'steps', 'outcomes', 'mechanisms', 'proofs'],
  brand: undefined,
  now: undefined,
};

const textOf = (parts: readonly DocumentPart[], isWanted: (block: DocumentPart['blocks'][number]) => boolean) =>
  parts.flatMap(({ blocks }) => blocks.filter(isWanted).map(({ text }) => text)).join('\n');

const assetOf = ({ kind, parts, headers = {} }: GuardDocument, { channel, locale }: RuleContext) => ({
  kind,
  channel: channel.id,
  locale,
  text: textOf(parts, () => true),
  visible_text: textOf(parts, (block) => block.visible && !isAttribute(block) && block.scope !== 'title'),
  links: parts.flatMap(shownLinks).map(({ url, text }) => ({ url, text })),
  headers,
});

function check(document: GuardDocument, { expr, message }: Params, context: RuleContext): RuleFinding[] {
  const { brand, campaign, offers } = context.unit;
  const [first] = document.parts;
  const asset = assetOf(document, context);
  const values = { asset, brand, now: context.now };
  // Which of its offers an asset makes is not known here: it must hold for each.
  const made = asksFor(expr, 'offer') ? offers.filter(({ id }) => campaign.offers.includes(id)) : [undefined];
  if (made.length === 0) throw new CannotJudge('the campaign has no offer');
  const isFine = made.every((offer) => holds(expr, { ...values, ...(offer ? { offer } : {}) }));
  return isFine || !first ? [] : [findingAt(first, 0, message)];
}

const page = (html: string) => ({ kind: 'landing_page', files: { 'index.html': html } }) as const;
const post = (text: string) => ({ kind: 'social_post', files: { 'post.txt': text } }) as const;
const noData: Params = {
  expr: "asset.links.all(link, !link.url.matches('[?&](?:email|phone|name)='))",
  message: 'A link must not carry personal data.',
};
const short: Params = {
  expr: "asset.kind != 'social_post' || size(asset.visible_text) / 2 < 20",
  message: 'A post is short.',
};

export const rule: Rule<Params> = {
  id: 'expr',
  about: 'An expression in CEL over the asset, the offer, the brand and the clock must hold.',
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['expr', 'message'],
    properties: {
      expr: {
        type: 'string',
        minLength: 1,
        description:
          'CEL expression that is true where all is well; it sees asset (kind, channel, locale, text, visible_text, links of url and text, headers), offer, brand and now.',
      },
      message: { type: 'string', minLength: 1, description: 'What is wrong where it is false.' },
    },
  },
  lint: ({ expr }) => expressionProblems(expr, VARIABLES),
  check,
  examples: {
    pass: [
      { with: noData, ...page('<a href="https://northwind.example/?id=1">Read</a>') },
      { with: short, ...post('Write it down and move on.') },
    ],
    fail: [
      { with: noData, ...page('<a href="https://northwind.example/?email=a">Read</a>') },
      { with: short, ...post('Write it down, read it again and only then move on.') },
    ],
  },
};
