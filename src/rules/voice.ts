import type { DocumentPart, GuardDocument, Rule, RuleContext, RuleFinding } from '../core/contracts.ts';
import { findingIn, isAttribute } from '../core/document.ts';
import { foldText, graphemes } from '../core/fold.ts';

interface Params {
  readonly phrases?: readonly string[];
  /** Adds the brand's do_not_say and the limits of its voice. */
  readonly brand?: boolean;
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** The phrase as whole words, in any case; a space, a hyphen and several of them are the same. */
function patternOf(phrase: string): RegExp {
  const folded = foldText(phrase);
  const words = folded
    .split(/[\s-]+/u)
    .filter((word) => word !== '')
    .map(escapeRegExp)
    .join('[\\s-]+');
  const start = /^[\p{L}\p{N}]/u.test(folded) ? '(?<![\\p{L}\\p{M}\\p{N}])' : '';
  const end = /[\p{L}\p{N}]$/u.test(folded) ? '(?![\\p{L}\\p{M}\\p{N}])' : '';
  return new RegExp(start + words + end, 'iu');
}

function bannedIn(part: DocumentPart, phrases: readonly string[]): RuleFinding[] {
  const banned = phrases
    .filter((phrase) => foldText(phrase) !== '')
    .map((phrase) => ({ phrase, pattern: patternOf(phrase) }));
  return part.blocks.flatMap((block) => {
    const text = foldText(block.text);
    return banned.flatMap(({ phrase, pattern }) => {
      const found = pattern.exec(text)?.[0];
      return found === undefined
        ? []
        : [findingIn(part, block, found, `"${phrase}" is not to be said: use other words`)];
    });
  });
}

const EMOJI = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|[#*\d]\uFE0F?\u20E3/u;
const EXCLAMATION = /[!！¡‼⁉❗❕]/u;

/** The signs of one sort in a part, attributes apart, since they repeat the text. */
function tooMany(part: DocumentPart, sign: RegExp, max: number, what: string): RuleFinding[] {
  const signs = part.blocks
    .filter((block) => !isAttribute(block) && block.scope !== 'title')
    .filter((block) => sign.test(block.text))
    .flatMap((block) =>
      graphemes(block.text)
        .filter((text) => sign.test(text))
        .map((text) => ({ block, text })),
    );
  const first = signs[max];
  return first
    ? [findingIn(part, first.block, first.text, `${signs.length} ${what}, the brand's voice allows ${max}`)]
    : [];
}

function voiceIn(part: DocumentPart, { unit }: RuleContext): RuleFinding[] {
  const { max_exclamations, max_emoji } = unit.brand.voice;
  return [
    ...tooMany(part, EXCLAMATION, max_exclamations, 'exclamation marks'),
    ...tooMany(part, EMOJI, max_emoji, 'emoji'),
  ];
}

function check(document: GuardDocument, { phrases = [], brand = false }: Params, context: RuleContext): RuleFinding[] {
  const all = [...phrases, ...(brand ? context.unit.brand.do_not_say : [])];
  return document.parts.flatMap((part) => [...bannedIn(part, all), ...(brand ? voiceIn(part, context) : [])]);
}

const post = (text: string) => ({ kind: 'social_post', files: { 'post.txt': text } }) as const;

export const rule: Rule<Params> = {
  id: 'prose',
  about: 'Text, seen or hidden, has no listed phrase, and no more exclamation marks and emoji than the voice allows.',
  params: {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    properties: {
      phrases: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        description: 'Phrases that never appear, in any case.',
      },
      brand: { type: 'boolean', description: "Adds the brand's do_not_say and the limits of its voice." },
    },
  },
  check,
  examples: {
    pass: [
      { with: { phrases: ['unlock'] }, ...post('The door is unlocked.') },
      { with: { brand: true }, ...post('Write it down and move on. 📝') },
    ],
    fail: [
      {
        with: { phrases: ['guaranteed'] },
        kind: 'landing_page',
        files: { 'index.html': '<p>Gua<b>ran</b>&shy;teed results.</p>' },
      },
      { with: { phrases: ['sign up'] }, ...post('Ｓｉｇｎ-up today.') },
      { with: { brand: true }, ...post('A real game-changer.') },
      { with: { brand: true }, ...post('It is here!') },
    ],
  },
};
