import { altOf, type CardText, cardView, isDrawable } from '../core/card.ts';
import type { AssetKind, RenderContext } from '../core/contracts.ts';
import { sentencesOf } from '../core/copywriter/text.ts';
import { altFile, documentOf } from '../core/document.ts';
import { renderHtml, renderText } from '../core/render.ts';
import { lengthOf } from '../core/room.ts';
import { textOf, trackedLink } from '../core/view.ts';

const POST = 'templates/post.txt.hbs';
const CARD = 'templates/card.svg.hbs';
/** Where a channel has no limit, a post is about as short as where it has one. */
const SLOT = { slot: 'post.text', min: 1, max: 1, length: { min: 40, max: 170 } } as const;
/** Languages whose letters X counts twice. */
const HEAVY = new Set(['ja', 'ko', 'zh']);
/** Words come first: hashtags are left out before the text gets any shorter than this. */
const FEWEST = 120;
const FILES = { post: 'post.txt', svg: 'card.svg', png: 'card.png' } as const;

type Place = Omit<RenderContext, 'template'>;

const cardText = (text: string): CardText => {
  const [headline = '', ...support] = sentencesOf(text);
  return { headline, support: support.join(' ') };
};

const withMarks = (tags: readonly string[]): string => tags.map((tag) => `#${tag}`).join(' ');

/** What a post takes beside its text: a link and hashtags, each after an empty line. */
const lengthBeside = (place: Place, tags: readonly string[]): number =>
  lengthOf(`\n\n${trackedLink(place)}${tags.length > 0 ? `\n\n${withMarks(tags)}` : ''}`, place.limits);

/** The first hashtags of the campaign, as many as leave room for a text. */
function tagsBeside(place: Place, textLength: number): readonly string[] {
  const { hashtags = [] } = place.unit.campaign;
  const { maxLength = Number.POSITIVE_INFINITY } = place.limits;
  const count = hashtags.findLastIndex(
    (_tag, index) => textLength + lengthBeside(place, hashtags.slice(0, index + 1)) <= maxLength,
  );
  return hashtags.slice(0, count + 1);
}

/** Longest text in graphemes that is never too long. */
function longestText(place: Place): number {
  const { maxLength, weighted } = place.limits;
  if (maxLength === undefined) return SLOT.length.max;
  const room = maxLength - lengthBeside(place, tagsBeside(place, FEWEST));
  const { language } = new Intl.Locale(place.unit.brand.locale);
  return Math.max(weighted && HEAVY.has(language) ? Math.floor(room / 2) : room, SLOT.length.min);
}

const altText = ({ unit }: Place, card: CardText): string => `${altOf(unit.brand, card)}\n`;

export const asset: AssetKind = {
  id: 'social_post',
  about:
    'A text as long as the network takes, with one tracked link, hashtags, and a card with its words as a picture.',
  slots: [SLOT],
  slotsFor: (place) => [{ ...SLOT, length: { ...SLOT.length, max: longestText(place) } }],
  templates: [POST, CARD],
  title: (copy) => cardText(textOf(copy, SLOT.slot)).headline,
  render: (copy, context) => {
    const text = textOf(copy, SLOT.slot);
    const tags = tagsBeside(context, lengthOf(text, context.limits));
    const post = { text, link: trackedLink(context), hashtags: withMarks(tags) };
    const card = cardText(text);
    const { brand, templates } = context.unit;
    return new Map([
      [FILES.post, renderText(context.template(POST), post)],
      // The font of cards has no other letters; a post without a card is still a post.
      ...(isDrawable(text)
        ? [
            [FILES.svg, renderHtml(context.template(CARD), cardView(brand, templates, card))] as const,
            [altFile(FILES.png), altText(context, card)] as const,
          ]
        : []),
    ]);
  },
  drawings: [{ as: 'png', from: FILES.svg, to: FILES.png, keep: true }],
  extract: (files) => documentOf('social_post', files),
};
