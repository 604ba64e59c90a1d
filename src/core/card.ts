/** The picture that goes with a post: its words in the brand's colours. Networks show a picture larger than a text. */
import type { Brand } from '../generated/entities.ts';
import type { Files, Named } from './contracts.ts';
import { foldSpaces } from './fold.ts';
import { colouredLogo } from './logo.ts';
import { lightPalette } from './palette.ts';
import { markup, type View } from './render.ts';
import { type Box, fitted, type Typeset, widthOf } from './typeset.ts';

/** In pixels; the shape that networks cut least from. */
export const CARD = { width: 1200, height: 630 } as const;
const MARGIN = 80;
const WIDTH = CARD.width - 2 * MARGIN;
/** Between the name above and the line below. */
const TOP = 168;
const BOTTOM = 508;
const GAP = 30;
const SIZES = { name: 36, footer: 28, logo: 56 } as const;

const HEADLINE: Omit<Box, 'height'> = {
  width: WIDTH,
  sizes: [80, 74, 68, 62, 56, 50, 46, 42, 38, 34, 30],
  leading: 1.14,
  weight: 'bold',
};
const SUPPORT: Omit<Box, 'height'> = { width: WIDTH, sizes: [38, 34, 30], leading: 1.35, weight: 'regular' };

/** What stands on a card. */
export interface CardText {
  readonly headline: string;
  readonly support: string;
}

/** Letters that the font of cards has; a text with others gets no card. */
export const isDrawable = (text: string): boolean =>
  /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]*$/u.test(text);

/** Emoji belong to the text of a post: the font has none. */
const EMOJI =
  /\s*(?:[\p{Emoji_Presentation}\p{Emoji_Modifier}]|(?![©®™])\p{Extended_Pictographic}|[\uFE0E\uFE0F]|\u20E3|\u200D)/gu;
const withoutEmoji = (text: string): string => foldSpaces(text.replace(EMOJI, ''));

interface Line {
  readonly text: string;
  readonly y: number;
}

/** Baselines of lines that begin at `top`; what follows a line is told apart by a space. */
const linesOf = ({ size, lines, height }: Typeset, top: number): Line[] => {
  const leading = height / lines.length;
  return lines.map((text, index) => ({
    text: index < lines.length - 1 ? `${text} ` : text,
    y: Math.round(top + index * leading + (leading + size * 0.7) / 2),
  }));
};

/** No card holds more words than this, however short. */
const MOST_WORDS = 150;

/** What a headline is cut to when no size is small enough: whole words, and a sign that there is more. */
function cut(text: string, box: Box): Typeset {
  const smallest = { ...box, sizes: box.sizes.slice(-1) };
  const words = text.split(' ').slice(0, MOST_WORDS);
  for (let kept = words.length; kept > 0; kept -= 1) {
    const start = words
      .slice(0, kept)
      .join(' ')
      .replace(/\p{P}+$/u, '');
    const setting = fitted(`${start}…`, smallest);
    if (setting) return setting;
  }
  return { size: 0, lines: [], height: 0 };
}

/** The logo in its place on the card, whatever size it says that it has. */
const placed = (logo: string): string =>
  logo
    .replace(/<!--[\s\S]*?-->|<\?xml[^>]*\?>/g, '')
    .trim()
    .replace(/<svg\b[^>]*>/, (root) =>
      root
        .replace(/\s(?:x|y|width|height)\s*=\s*(?:"[^"]*"|'[^']*')/g, '')
        .replace('<svg', `<svg x="${MARGIN}" y="68" width="${SIZES.logo}" height="${SIZES.logo}"`),
    );

/** Data of the template; y are baselines in pixels. */
export function cardView(brand: Named<Brand>, templates: Files, text: CardText): View {
  const { design, name, tagline, addresses } = brand;
  const light = lightPalette(design);
  const room = BOTTOM - TOP;
  const headlineBox = { ...HEADLINE, height: room };
  const headline = fitted(withoutEmoji(text.headline), headlineBox) ?? cut(withoutEmoji(text.headline), headlineBox);
  const said = withoutEmoji(text.support);
  const support = said === '' ? undefined : fitted(said, { ...SUPPORT, height: room - headline.height - GAP });
  const total = headline.height + (support ? GAP + support.height : 0);
  const top = TOP + (room - total) / 2;
  const logo = colouredLogo(design, templates, { ink: light.ink, accent: light.accent });
  const { host } = new URL(addresses.site_url);
  const taglineRoom = WIDTH - (widthOf(host, 'bold') + 2) * SIZES.footer;
  return {
    ...CARD,
    lang: brand.locale,
    light,
    margin: MARGIN,
    right: CARD.width - MARGIN,
    logo: logo === undefined ? '' : markup(placed(logo)),
    name: { text: name, size: SIZES.name, x: logo === undefined ? MARGIN : MARGIN + SIZES.logo + 18 },
    headline: { size: headline.size, lines: linesOf(headline, top) },
    support: support
      ? { size: support.size, lines: linesOf(support, top + headline.height + GAP) }
      : { size: 0, lines: [] },
    footer: {
      size: SIZES.footer,
      host,
      tagline: widthOf(tagline, 'regular') * SIZES.footer <= taglineRoom ? tagline : '',
    },
  };
}

/** For whoever does not see the card: who speaks, and the words on it. */
export const altOf = ({ name }: Brand, { headline, support }: CardText): string =>
  foldSpaces(`${name}: ${withoutEmoji(headline)} ${withoutEmoji(support)}`);
