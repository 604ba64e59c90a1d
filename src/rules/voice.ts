import type { DocumentPart, GuardDocument, Rule, RuleContext, RuleFinding, TextBlock } from '../core/contracts.ts';
import { findingOn, isAttribute } from '../core/document.ts';
import { foldMapped, foldText, graphemes, outlineMapped, outlineOf } from '../core/fold.ts';
import type { Mapped } from '../core/mapped.ts';
import { matchesIn } from '../core/matches.ts';
import { once } from '../core/once.ts';

interface Params {
  readonly phrases?: readonly string[];
  /** Adds the brand's do_not_say and the limits of its voice. */
  readonly brand?: boolean;
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** The letters of a word with the same sign between all of them: g.u.a.r.a.n.t.e.e.d */
function spaced(letters: readonly string[]): string {
  const [first = '', second = '', ...rest] = letters.map(escapeRegExp);
  return `${first}(?<sign>[\\s.,_*·•|/~-]{1,2})${second}${rest.map((letter) => `\\k<sign>${letter}`).join('')}`;
}

/** The phrase as whole words, in any case; a space, a hyphen and several of them are the same. */
function patternOf(folded: string): RegExp {
  const words = folded
    .split(/[\s-]+/u)
    .filter((word) => word !== '')
    .map(escapeRegExp)
    .join('[\\s-]+');
  const letters = graphemes(folded.replace(/[\s-]+/gu, ''));
  const either = letters.length < 4 ? words : `(?:${words}|${spaced(letters)})`;
  const start = /^[\p{L}\p{N}]/u.test(folded) ? '(?<![\\p{L}\\p{M}\\p{N}])' : '';
  const end = /[\p{L}\p{N}]$/u.test(folded) ? '(?![\\p{L}\\p{M}\\p{N}])' : '';
  return new RegExp(start + either + end, 'giu');
}

interface Banned {
  readonly phrase: string;
  readonly pattern: RegExp;
}

/** @param compared  what a phrase looks like in the texts that it is searched in */
const bannedBy = (compared: (phrase: string) => string) =>
  once((phrases: readonly string[]): Banned[] =>
    phrases
      .map((phrase) => ({ phrase, folded: compared(phrase) }))
      .filter(({ folded }) => folded !== '')
      .map(({ phrase, folded }) => ({ phrase, pattern: patternOf(folded) })),
  );

// English words have no marks, so that letters with and without them are the same; in other languages they are not.
const bannedInEnglish = bannedBy((phrase) => outlineOf(foldText(phrase)));
const bannedElsewhere = bannedBy(foldText);

/** A place is named once, be it in a text for the eye and in one for the ear. */
const distinct = (findings: readonly RuleFinding[]): RuleFinding[] => [
  ...new Map(
    findings.map((finding) => [`${finding.line}:${finding.column}:${finding.message}`, finding] as const),
  ).values(),
];

function bannedIn(part: DocumentPart, lists: readonly (readonly string[])[], locale: string): RuleFinding[] {
  const isEnglish = /^en\b/i.test(locale);
  const banned = lists.flatMap(isEnglish ? bannedInEnglish : bannedElsewhere);
  const textOf = (block: TextBlock): Mapped => (isEnglish ? outlineMapped(foldMapped(block)) : foldMapped(block));
  return distinct(
    part.blocks.flatMap((block) => {
      const text = textOf(block);
      return banned.flatMap(({ phrase, pattern }) =>
        matchesIn(text.text, pattern).map(({ 0: found, index }) =>
          findingOn(part, text, index, index + found.length, `"${phrase}" is not to be said: use other words`),
        ),
      );
    }),
  );
}

const EMOJI = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|[#*\d]\uFE0F?\u20E3/u;
const EXCLAMATION = /[!！¡‼⁉❗❕]/u;

interface Sign {
  readonly block: TextBlock;
  readonly start: number;
  readonly end: number;
}

function signsIn(block: TextBlock, sign: RegExp): Sign[] {
  if (!sign.test(block.text)) return [];
  let end = 0;
  return graphemes(block.text).flatMap((text) => {
    const start = end;
    end += text.length;
    return sign.test(text) ? [{ block, start, end }] : [];
  });
}

/** The signs of one sort in a part, attributes apart, since they repeat the text. */
function tooMany(part: DocumentPart, sign: RegExp, max: number, what: string): RuleFinding[] {
  const all = part.blocks
    .filter((block) => !isAttribute(block) && block.scope !== 'title')
    .flatMap((block) => signsIn(block, sign));
  const signs = [...new Map(all.map((each) => [each.block.map[each.start], each] as const)).values()];
  const first = signs[max];
  return first
    ? [findingOn(part, first.block, first.start, first.end, `${signs.length} ${what}, the brand's voice allows ${max}`)]
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
  const lists = brand ? [phrases, context.unit.brand.do_not_say] : [phrases];
  return document.parts.flatMap((part) => [
    ...bannedIn(part, lists, context.locale),
    ...(brand ? voiceIn(part, context) : []),
  ]);
}

const post = (text: string) => ({ kind: 'social_post', files: { 'post.txt': text } }) as const;

export const rule: Rule<Params> = {
  id: 'voice',
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
  tighten: { phrases: 'add', brand: 'turn-on' },
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
