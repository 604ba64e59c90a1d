/** Over-generate, filter, score, and pick by seed. */
import { stemsOf } from '../angles.ts';
import { MAX_ATTEMPTS } from '../assets.ts';
import type { Block, Brief } from '../contracts.ts';
import { Blocked } from '../errors.ts';
import { graphemes } from '../fold.ts';
import { sha256 } from '../hash.ts';
import { type Cast, type Draft, type Frame, fill } from './frames.ts';
import { lint } from './lint.ts';
import { echo, overlap, similarity, wordsOf } from './text.ts';

/** Two texts that share this much are the same text to a reader. */
const SAME = 0.5;
const BAND = 0.15;

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
  const length = graphemes(text).length;
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

/** The same items in an order that only the seed decides. */
const shuffled = <T>(items: readonly T[], seed: string, name: (item: T) => string): T[] =>
  items
    .map((item) => ({ item, place: sha256(`${seed}\0${name(item)}`) }))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ item }) => item);

/** Best first: what reads well and is new before the rest; near the best score the seed decides. */
function inOrder(brief: Brief, drafts: readonly Draft[], used: readonly string[]): Draft[] {
  const isGood = ({ blocks }: Draft): boolean =>
    blocks.every(({ text }) => lint(text, brief).length === 0) &&
    used.every((past) => past !== blocks[0]?.text && similarity(textOf(blocks), past) < SAME);
  const ranked = drafts
    .map((draft) => ({ draft, good: isGood(draft), score: score(draft, used) }))
    .sort((a, b) => Number(b.good) - Number(a.good) || b.score - a.score);
  const [first] = ranked;
  const near = ranked.filter(({ good, score: own }) => first && good === first.good && own >= first.score - BAND);
  const far = ranked.slice(near.length);
  return [...shuffled(near, brief.seed, ({ draft }) => textOf(draft.blocks)), ...far].map(({ draft }) => draft);
}

/** What frames and casts give: drafts of different words that fit their slots, and what nobody has written for more. */
export interface Candidates {
  readonly fitting: readonly Draft[];
  /** For each frame and cast that cannot be filled: the fields that it lacks. */
  readonly lacking: readonly (readonly string[])[];
}

export function candidatesFrom(brief: Brief, frames: readonly Frame[], casts: readonly Cast[]): Candidates {
  const filled = frames.flatMap((frame) => casts.map((cast) => ({ frame, ...fill(frame, cast) })));
  const drafts = filled.flatMap(({ draft }) => (draft ? [[textOf(draft.blocks), draft] as const] : []));
  const lacking = filled.flatMap(({ frame, missing }) =>
    missing.length > 0 ? [[[frame.id, ...missing].join('\0'), missing] as const] : [],
  );
  return {
    fitting: [...new Map(drafts).values()].filter(({ blocks }) => blocks.every((block) => fits(block, brief))),
    lacking: [...new Map(lacking).values()],
  };
}

/**
 * One draft out of all frames and casts, without the words that Guard complained about wherever that is possible.
 *
 * @throws Blocked when no frame can be filled, naming the forms that somebody would have to write
 */
export function chooseDraft(
  brief: Brief,
  frames: readonly Frame[],
  casts: readonly Cast[],
  used: readonly string[],
): Draft {
  const { fitting, lacking } = candidatesFrom(brief, frames, casts);
  if (fitting.length === 0) {
    const missing = [...new Set(lacking.flat())];
    if (missing.length > 0) throw new Blocked('engine template', missing, `write ${missing.join(', ')}`);
    const slots = [...new Set(frames.flatMap(({ texts }) => Object.keys(texts)))];
    throw new Blocked('engine template', slots, `write shorter or longer forms: nothing fits ${slots.join(', ')}`);
  }
  const order = inOrder(brief, fitting, used);
  const isOpen = ({ blocks }: Draft): boolean => !blocks.some(({ text }) => isComplained(text, brief));
  const turn = brief.attempt - 1;
  // Each attempt has places of its own, so that no two of them write the same, whatever Guard held against them.
  const own = order.filter((_, place) => place % MAX_ATTEMPTS === turn % MAX_ATTEMPTS);
  const chosen = own.find(isOpen) ?? order.find(isOpen) ?? order[turn % order.length];
  if (!chosen) throw new RangeError('there is no draft to choose from');
  return chosen;
}

/** One entry of a list, such as the title and the body of a card. */
export interface Entry {
  readonly id: string;
  readonly blocks: readonly Block[];
}

/** How many entries a list takes, and how much their given order, best first, weighs against saying something new. */
export interface Wish {
  readonly least: number;
  readonly wanted: number;
  /** Tenths of overlap that one place in the order outweighs. */
  readonly loyalty: number;
}

/**
 * Takes entries one by one, each time the one that repeats least of what was said and stands early in the list; the seed
 * decides between equals. Entries that Guard complained about, or that read badly, come last and only to reach the least
 * number; each further attempt looks first at other entries.
 *
 * @param said  texts that the reader meets around the list
 */
export function takeFresh(brief: Brief, entries: readonly Entry[], wish: Wish, said: readonly string[]): Entry[] {
  const wording = ({ blocks }: Entry): string => textOf(blocks);
  const isClean = ({ blocks }: Entry): boolean =>
    blocks.every(({ text }) => lint(text, brief).length === 0 && !isComplained(text, brief));
  const fitting = entries.filter(({ blocks }) => blocks.every((block) => fits(block, brief)));
  const place = (entry: Entry): number =>
    (fitting.indexOf(entry) - (brief.attempt - 1) + fitting.length * brief.attempt) % fitting.length;
  const take = (taken: readonly Entry[], from: readonly Entry[], upTo: number): readonly Entry[] => {
    if (taken.length >= upTo || from.length === 0) return taken;
    const heard = stemsOf([...said, ...taken.map(wording)].join(' '));
    const cost = (entry: Entry): number =>
      Math.round(10 * overlap(stemsOf(wording(entry)), heard) + wish.loyalty * place(entry));
    const ranked = from.map((entry) => ({ entry, cost: cost(entry) }));
    const next = ranked.reduce((best, one) => (one.cost < best.cost ? one : best)).entry;
    return take(
      [...taken, next],
      from.filter((entry) => entry !== next),
      upTo,
    );
  };
  const order = shuffled(fitting, brief.seed, wording);
  const clean = take([], order.filter(isClean), wish.wanted);
  return [
    ...take(
      clean,
      order.filter((entry) => !isClean(entry)),
      wish.least,
    ),
  ];
}
