/**
 * Frames: how messages become texts. A frame names messages and the authored forms it takes of them; {Outcome.vp} with a
 * capital begins a sentence. Frames assert nothing by themselves: no number, quantifier, superlative, absolute or name.
 */
import type { Block, Message } from '../contracts.ts';
import { upperFirst } from './text.ts';

/**
 * How a text argues: from the pain to what ends it (PAS), from before to after (BAB), from what it does to what that is
 * good for (FAB), by the way to do it, by evidence, by an answer to a doubt, by the offer itself.
 */
export type Framework = 'PAS' | 'BAB' | 'FAB' | 'how-to' | 'proof' | 'objection' | 'offer';

/** Slot -> its texts. */
export interface Frame {
  readonly id: string;
  readonly framework: Framework;
  readonly texts: Readonly<Record<string, readonly string[]>>;
}

/** A message and where a person would write its forms. */
export interface Part {
  readonly message: Message;
  /** brands/acme/offers/start.yaml outcomes[quiet] */
  readonly where: string;
}

/** Messages by the name that frames call them. */
export type Cast = Readonly<Record<string, Part | undefined>>;

export interface Draft {
  readonly frame: string;
  readonly blocks: readonly Block[];
  /** Messages that it speaks, by the names in the cast. */
  readonly speaks: readonly string[];
}

export interface Filled {
  readonly draft?: Draft;
  /** Fields that would have to be written for this frame. */
  readonly missing: readonly string[];
}

const TAG = /\{([A-Za-z]+)\.([a-z]+)\}/g;
const tagsOf = (text: string) =>
  [...text.matchAll(TAG)].map(([tag, name = '', form = '']) => ({
    tag,
    name: name.toLowerCase(),
    form,
    raised: /^\{[A-Z]/.test(tag),
  }));

const formOf = (part: Part, form: string): string | undefined =>
  (part.message.forms as Record<string, string | undefined>)[form];

/** A part that the cast does not have makes the frame unfit, silently; a form that nobody wrote is missing. */
export function fill(frame: Frame, cast: Cast): Filled {
  const lines = Object.entries(frame.texts).flatMap(([slot, texts]) =>
    texts.map((text) => ({ slot, text, tags: tagsOf(text) })),
  );
  const tags = lines.flatMap((line) => line.tags);
  if (tags.some(({ name }) => cast[name] === undefined)) return { missing: [] };
  const missing = tags.flatMap(({ name, form }) => {
    const part = cast[name];
    return part && formOf(part, form) === undefined ? [`${part.where}.forms.${form}`] : [];
  });
  if (missing.length > 0) return { missing };
  const blocks = lines.map(({ slot, text, tags: inLine }): Block => {
    const words = inLine.reduce((line, { tag, name, form, raised }) => {
      const part = cast[name];
      const said = part ? (formOf(part, form) ?? '') : '';
      return line.replace(tag, () => (raised ? upperFirst(said) : said));
    }, text);
    const facts = inLine.flatMap(({ name }) => cast[name]?.message.facts ?? []);
    return { slot, text: words, facts: [...new Set(facts)] };
  });
  return { draft: { frame: frame.id, blocks, speaks: [...new Set(tags.map(({ name }) => name))] }, missing: [] };
}

export const POST_FRAMES: readonly Frame[] = [
  { id: 'problem-mechanism', framework: 'PAS', texts: { 'post.text': ['{pain.s} {mechanism.s}'] } },
  { id: 'problem-outcome', framework: 'BAB', texts: { 'post.text': ['{pain.s} {outcome.s}'] } },
  { id: 'question-mechanism', framework: 'PAS', texts: { 'post.text': ['{pain.question} {mechanism.s}'] } },
  { id: 'question-proof', framework: 'proof', texts: { 'post.text': ['{pain.question} {proof.s}'] } },
  { id: 'what-if', framework: 'PAS', texts: { 'post.text': ['What if {pain.clause}? {mechanism.s}'] } },
  { id: 'how-to', framework: 'how-to', texts: { 'post.text': ['How to {outcome.vp}: {mechanism.vp}.'] } },
  { id: 'before-after', framework: 'BAB', texts: { 'post.text': ['Before: {pain.clause}.\nAfter: {outcome.np}.'] } },
  { id: 'proof', framework: 'proof', texts: { 'post.text': ['{proof.s} {outcome.s}'] } },
  { id: 'feature', framework: 'FAB', texts: { 'post.text': ['{mechanism.s} {outcome.s}'] } },
  { id: 'objection', framework: 'objection', texts: { 'post.text': ['{objection.question} {objection.s}'] } },
  { id: 'offer', framework: 'offer', texts: { 'post.text': ['{Outcome.vp}. {price.s}'] } },
];

const hero = (id: string, framework: Framework, headline: string, subhead: string): Frame => ({
  id,
  framework,
  texts: { 'hero.headline': [headline], 'hero.subhead': [subhead] },
});

export const HERO_FRAMES: readonly Frame[] = [
  hero('question', 'PAS', '{pain.question}', '{mechanism.s} {outcome.s}'),
  hero('outcome', 'PAS', '{Outcome.vp}', '{pain.s} {mechanism.s}'),
  hero('picture', 'BAB', '{Outcome.np}', '{pain.s} {mechanism.s}'),
  hero('mechanism', 'FAB', '{Outcome.vp}', '{mechanism.s} {outcome.s}'),
  hero('relief', 'BAB', '{Outcome.vp}', '{pain.s} {outcome.s}'),
  hero('evidence', 'proof', '{pain.question}', '{outcome.s} {proof.s}'),
];

export const EMAIL_FRAMES: readonly Frame[] = [
  {
    id: 'problem',
    framework: 'BAB',
    texts: {
      subject: ['When {pain.clause}'],
      preheader: ['{mechanism.short}: what it is and how it helps.'],
      opening: ['There is a way around it: {outcome.np}.'],
      body: ['{mechanism.s}'],
      proof: ['{proof.s}'],
    },
  },
  {
    id: 'question',
    framework: 'PAS',
    texts: {
      subject: ['{pain.question}'],
      preheader: ['The answer, and where you can check it yourself.'],
      opening: ['It is a fair question. Here is the answer, and what it rests on.'],
      body: ['{mechanism.s} {outcome.s}'],
      proof: ['{proof.s}'],
    },
  },
  {
    id: 'how-to',
    framework: 'how-to',
    texts: {
      subject: ['How to {outcome.vp}'],
      preheader: ['{mechanism.short}, and what it is good for.'],
      opening: ['{pain.s}'],
      body: ['{mechanism.s} {outcome.s}'],
      proof: ['{proof.s}'],
    },
  },
  {
    id: 'mechanism',
    framework: 'FAB',
    texts: {
      subject: ['{mechanism.short}'],
      preheader: ['What it takes to {outcome.vp}.'],
      opening: ['{mechanism.s} It looks like a detail until {pain.clause}.'],
      body: ['{outcome.s}'],
      proof: ['{proof.s}'],
    },
  },
];
