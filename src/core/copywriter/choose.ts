/** Over-generate, filter, score, and pick by seed. */
import type { Block, Brief } from '../contracts.ts';
import { graphemeLength } from '../brief.ts';
import { Blocked } from '../errors.ts';
import { sha256 } from '../hash.ts';
import { type Cast, type Draft, fill, type Frame } from './frames.ts';
import { lint } from './lint.ts';
import { echo, overlap, similarity, wordsOf } from './text.ts';

/** Two texts that share this much are the same text to a reader. */
export const SAME = 0.5;
const BAND = 0.15;
/** Entries beyond the wanted number that a list may choose from. */
const CHOICE = 3;

const textOf = (blocks: readonly Block[]): string => blocks.map(({ text }) => text).join(' ');
const folded = (text: string): string => text.replace(/\s+/g, ' ').trim().toLowerCase();

/** Whether Guard complained about these words, or about a text around them. */
export function isComplained(text: string, { findings }: Pick<Brief, 'findings'>): boolean {
  const own = folded(text);
  return findings.some(({ excerpt }) => {
    const held = folded(excerpt ?? '');
    return held !== '' && (own.includes(held) || (own.length > 20 && held.includes(own)));
  });
}

export function fits({ slot, text }: Pick<Block, 'slot' | 'text'>, { slots }: Pick<Brief, 'slots'>): boolean {
  const spec = slots.find((candidate) => candidate.slot === slot);
  const length = graphemeLength(text);
  return spec !== undefined && length >= spec.length.min && length <= spec.length.max;
}

/** Share of different words, of cited blocks, and the distance to what was said; higher is better. */
function score(draft: Draft, used: readonly string[]): number {
  const text = textOf(draft.blocks);
  const words = wordsOf(text);
  const variety = words.length === 0 ? 0 : new Set(words).size / words.length;
  const cited = draft.blocks.filter(({ facts }) => facts.length > 0).length / draft.blocks.length;
  const nearest = Math.max(0, ...used.map((past) => similarity(text, past)));
  return 0.3 * variety + 0.2 * cited - 0.4 * echo(text) - 0.6 * nearest;
}

/** Prefers what meets the wish, and does without it rather than with nothing. */
export const prefer = <T>(items: readonly T[], wish: (item: T) => boolean): readonly T[] => {
  const wished = items.filter(wish);
  return wished.length > 0 ? wished : items;
};

/** The same items in an order that only the seed decides. */
export const shuffled = <T>(items: readonly T[], seed: string, name: (item: T) => string): T[] =>
  [...items].sort((a, b) => (sha256(`${seed}\0${name(a)}`) < sha256(`${seed}\0${name(b)}`) ? -1 : 1));

/**
 * One draft out of all frames and casts. Near the best score the seed decides, and each further attempt takes the next one.
 *
 * @throws Blocked when no frame can be filled, naming the forms that somebody would have to write
 */
export function chooseDraft(brief: Brief, frames: readonly Frame[], casts: readonly Cast[], used: readonly string[]): Draft {
  const filled = frames.flatMap((frame) => casts.map((cast) => fill(frame, cast)));
  const drafts = [
    ...new Map(filled.flatMap(({ draft }) => (draft ? [[textOf(draft.blocks), draft] as const] : []))).values(),
  ];
  const fitting = drafts.filter(({ blocks }) => blocks.every((block) => fits(block, brief)));
  if (fitting.length === 0) {
    const missing = [...new Set(filled.flatMap((one) => one.missing))];
    if (missing.length > 0) throw new Blocked('engine template', missing, `write ${missing.join(', ')}`);
    const slots = [...new Set(frames.flatMap(({ texts }) => Object.keys(texts)))];
    throw new Blocked('engine template', slots, `write shorter or longer forms: nothing fits ${slots.join(', ')}`);
  }
  const clean = prefer(fitting, ({ blocks }) => blocks.every(({ text }) => lint(text, brief).length === 0));
  const allowed = prefer(clean, ({ blocks }) => !blocks.some(({ text }) => isComplained(text, brief)));
  const fresh = prefer(allowed, ({ blocks }) => used.every((past) => similarity(textOf(blocks), past) < SAME));
  const scored = fresh.map((draft) => ({ draft, score: score(draft, used) }));
  const best = Math.max(...scored.map((one) => one.score));
  const name = ({ draft }: { readonly draft: Draft }): string => textOf(draft.blocks);
  const near = shuffled(scored.filter((one) => one.score >= best - BAND), brief.seed, name);
  const far = scored.filter((one) => one.score < best - BAND).sort((a, b) => b.score - a.score);
  const order = [...near, ...far];
  const chosen = order[(brief.attempt - 1) % order.length];
  if (!chosen) throw new RangeError('there is no draft to choose from');
  return chosen.draft;
}

/** One entry of a list, such as the title and the body of a card. */
export interface Entry {
  readonly id: string;
  readonly blocks: readonly Block[];
}

/**
 * Takes entries one by one, each time the one that repeats least of what was said; the seed decides between equals. The
 * entries come best first, and those far behind the wanted number are passed over while there are others. Entries that Guard complained about, or that read badly, come last and only to reach the least number.
 *
 * @param said  texts that the reader meets around the list
 */
export function takeFresh(
  brief: Brief,
  entries: readonly Entry[],
  { least, wanted }: { readonly least: number; readonly wanted: number },
  said: readonly string[],
): Entry[] {
  const wording = ({ blocks }: Entry): string => textOf(blocks);
  const isClean = ({ blocks }: Entry): boolean =>
    blocks.every(({ text }) => lint(text, brief).length === 0 && !isComplained(text, brief));
  const fitting = entries.filter(({ blocks }) => blocks.every((block) => fits(block, brief)));
  const inOrder = (some: readonly Entry[]): Entry[] => shuffled(some, `${brief.seed}\0${brief.attempt}`, wording);
  const take = (taken: readonly Entry[], from: readonly Entry[], upTo: number): readonly Entry[] => {
    if (taken.length >= upTo || from.length === 0) return taken;
    const heard = [...said, ...taken.map(wording)];
    const ranked = from.map((entry) => ({ entry, repeats: Math.round(overlap(wording(entry), heard) * 10) }));
    const next = ranked.reduce((best, one) => (one.repeats < best.repeats ? one : best)).entry;
    return take([...taken, next], from.filter((entry) => entry !== next), upTo);
  };
  const clean = take([], inOrder(fitting.filter(isClean).slice(0, wanted + CHOICE)), wanted);
  return [...take(clean, inOrder(fitting.filter((entry) => !isClean(entry))), least)];
}
