/** From a brief to the copy of a page, a one-pager, an email or a post. */
import type { Block, Brief, Copy, Message } from '../contracts.ts';
import { Blocked } from '../errors.ts';
import {
  type Candidates,
  candidatesFrom,
  chooseDraft,
  type Entry,
  fits,
  isComplained,
  takeFresh,
  type Wish,
} from './choose.ts';
import { type Cast, EMAIL_FRAMES, HERO_FRAMES, type Part, POST_FRAMES } from './frames.ts';

const offerFile = ({ brand, offer }: Brief): string => `brands/${brand.id}/offers/${offer.id}.yaml`;
const segmentFile = ({ brand, segment }: Brief): string => `brands/${brand.id}/segments/${segment.id}.yaml`;

/** Blocks of earlier emails that the lists of a new one keep away from; about the last three. */
const RECENT_BLOCKS = 30;
/** How much the order of a brief weighs: a page keeps to what is nearest, mails change from week to week. */
const LOYALTY = { page: 2, pageProofs: 0.7, email: 0.3 } as const;

/** What frames may speak of: the angle and the price. */
function castOf(brief: Brief): Cast {
  const { pain, outcome, mechanism, proof } = brief.angle;
  const offer = offerFile(brief);
  return {
    pain: { message: pain, where: `${segmentFile(brief)} pains[${pain.id}]` },
    outcome: { message: outcome, where: `${offer} outcomes[${outcome.id}]` },
    mechanism: { message: mechanism, where: `${offer} mechanisms[${mechanism.id}]` },
    proof: { message: proof, where: `${offer} proofs[${proof.id}]` },
    price: {
      message: { id: brief.price.id, forms: { s: brief.price.statement }, facts: [brief.price.id] },
      where: `brands/${brief.brand.id}/brand.yaml facts[${brief.price.id}]`,
    },
  };
}

function objectionPart(brief: Brief, { question, answer, facts }: Brief['objections'][number]): Part {
  return {
    message: { id: question, forms: { question, s: answer }, facts },
    where: `${segmentFile(brief)} objections`,
  };
}

const slotOf = ({ slots }: Brief, name: string) => {
  const spec = slots.find(({ slot }) => slot === name);
  if (!spec) throw new RangeError(`the brief has no slot ${name}`);
  return spec;
};

interface ListSource {
  /** Slot -> form of the message that fills it. */
  readonly forms: Readonly<Record<string, keyof Message['forms']>>;
  readonly messages: readonly Message[];
  /** brands/acme/offers/start.yaml outcomes */
  readonly where: string;
  readonly loyalty: number;
}

const wishFor = (brief: Brief, slot: string, loyalty: number): Wish => {
  const { min: least, max: wanted } = slotOf(brief, slot);
  return { least, wanted, loyalty };
};

/** @throws Blocked naming the forms that are missing, when the rest is too few for the slot */
function listOf(brief: Brief, { forms, messages, where, loyalty }: ListSource, said: readonly string[]): Entry[] {
  const wordings = Object.entries(forms);
  const complete = messages.flatMap((message): Entry[] => {
    const blocks = wordings.flatMap(([slot, form]): Block[] => {
      const text = message.forms[form];
      return text === undefined ? [] : [{ slot, text, facts: [...message.facts] }];
    });
    return blocks.length === wordings.length ? [{ id: message.id, blocks }] : [];
  });
  const wish = wishFor(brief, wordings[0]?.[0] ?? '', loyalty);
  const taken = takeFresh(brief, complete, wish, said);
  if (taken.length < wish.least) {
    const missing = messages.flatMap(({ id, forms: written }) =>
      wordings.filter(([, form]) => written[form] === undefined).map(([, form]) => `${where}[${id}].forms.${form}`),
    );
    const names = missing.length > 0 ? missing : [`${where}: ${wish.least - taken.length} more`];
    throw new Blocked('engine template', names, `write ${names.join(', ')}`);
  }
  return taken;
}

const textsOf = (entries: readonly Entry[]): string[] =>
  entries.flatMap(({ blocks }) => blocks.map(({ text }) => text));
const blocksOf = (entries: readonly Entry[]): Block[] => entries.flatMap(({ blocks }) => blocks);

const askedEntries = ({ objections }: Brief, questionSlot: string, answerSlot: string): Entry[] =>
  objections.map(({ question, answer, facts }) => ({
    id: question,
    blocks: [
      { slot: questionSlot, text: question, facts: [] },
      { slot: answerSlot, text: answer, facts: [...facts] },
    ],
  }));

/** A description for search results: what the angle says in two sentences, or the offer's own. */
function descriptionOf(brief: Brief): Block {
  const { pain, outcome, mechanism } = brief.angle;
  const own = { id: brief.offer.id, forms: { s: brief.offer.summary }, facts: [] };
  const blocks = [[mechanism, outcome], [pain, mechanism], [pain, outcome], [own]].map((messages) => ({
    slot: 'meta.description',
    text: messages.map(({ forms }) => forms.s ?? '').join(' '),
    facts: messages.flatMap(({ facts }) => facts),
  }));
  const usable = blocks.find((block) => fits(block, brief) && !isComplained(block.text, brief));
  return usable ?? { slot: 'meta.description', text: brief.offer.summary, facts: [] };
}

export function landingCopy(brief: Brief): Copy {
  const offer = offerFile(brief);
  const { angle, more, price } = brief;
  const hero = chooseDraft(brief, HERO_FRAMES, [castOf(brief)], []);
  const spoken = new Set(hero.speaks);
  // What the hero has said is not said again below it.
  const rest = <T>(name: string, own: T, others: readonly T[]): T[] =>
    spoken.has(name) ? [...others] : [own, ...others];
  const heroTexts = hero.blocks.map(({ text }) => text);
  const problems = listOf(
    brief,
    {
      forms: { 'problem.item': 's' },
      messages: rest('pain', angle.pain, more.pains),
      where: `${segmentFile(brief)} pains`,
      loyalty: LOYALTY.page,
    },
    heroTexts,
  );
  const outcomes = listOf(
    brief,
    {
      forms: { 'outcome.title': 'short', 'outcome.body': 's' },
      messages: rest('outcome', angle.outcome, more.outcomes),
      where: `${offer} outcomes`,
      loyalty: LOYALTY.page,
    },
    heroTexts,
  );
  const above = [...heroTexts, ...textsOf(outcomes)];
  const mechanisms = listOf(
    brief,
    {
      forms: { 'how.title': 'short', 'how.body': 's' },
      messages: rest('mechanism', angle.mechanism, more.mechanisms),
      where: `${offer} mechanisms`,
      loyalty: LOYALTY.page,
    },
    above,
  );
  const questions = askedEntries(brief, 'faq.question', 'faq.answer');
  const answered = takeFresh(brief, questions, wishFor(brief, 'faq.question', LOYALTY.page), []);
  const faq = questions.filter((entry) => answered.includes(entry));
  const proofs = listOf(
    brief,
    {
      forms: { 'proof.item': 's' },
      messages: [angle.proof, ...more.proofs],
      where: `${offer} proofs`,
      loyalty: LOYALTY.pageProofs,
    },
    [...above, ...textsOf(mechanisms), ...textsOf(faq), price.statement],
  );
  const title = angle.outcome.forms.short ?? brief.offer.name;
  return {
    blocks: [
      { slot: 'meta.title', text: `${title} · ${brief.brand.name}`, facts: [] },
      descriptionOf(brief),
      ...hero.blocks,
      ...blocksOf([...problems, ...outcomes, ...mechanisms, ...proofs]),
      { slot: 'offer.price', text: price.statement, facts: [price.id] },
      ...blocksOf(faq),
    ],
  };
}

/** What the page says, as far as there is room for it on paper. */
export function onePagerCopy(brief: Brief): Copy {
  const asked = new Set(brief.slots.map(({ slot }) => slot));
  return { blocks: landingCopy(brief).blocks.filter(({ slot }) => asked.has(slot)) };
}

export function emailCopy(brief: Brief): Copy {
  const draft = chooseDraft(brief, EMAIL_FRAMES, [castOf(brief)], brief.used);
  const said = [...draft.blocks.map(({ text }) => text), ...brief.used.slice(0, RECENT_BLOCKS)];
  const proofs = {
    forms: { also: 's' },
    messages: brief.more.proofs,
    where: `${offerFile(brief)} proofs`,
    loyalty: LOYALTY.email,
  } as const;
  const also = listOf(brief, proofs, said);
  const asked = takeFresh(
    brief,
    askedEntries(brief, 'ask.question', 'ask.answer'),
    wishFor(brief, 'ask.question', LOYALTY.email),
    said,
  );
  const price = { slot: 'price', text: brief.price.statement, facts: [brief.price.id] };
  return { blocks: [...draft.blocks, price, ...blocksOf([...also, ...asked])] };
}

/** One cast per objection; without one, the other frames still have theirs. */
function postCasts(brief: Brief): Cast[] {
  const cast = castOf(brief);
  const casts = brief.objections.map((objection) => ({ ...cast, objection: objectionPart(brief, objection) }));
  return casts.length > 0 ? casts : [cast];
}

export const postCopy = (brief: Brief): Copy => ({
  blocks: chooseDraft(brief, POST_FRAMES, postCasts(brief), brief.used).blocks,
});

const heroCandidates = (brief: Brief): Candidates => candidatesFrom(brief, HERO_FRAMES, [castOf(brief)]);

const CANDIDATES: Readonly<Record<Brief['asset']['kind'], (brief: Brief) => Candidates>> = {
  landing_page: heroCandidates,
  one_pager: heroCandidates,
  email: (brief) => candidatesFrom(brief, EMAIL_FRAMES, [castOf(brief)]),
  social_post: (brief) => candidatesFrom(brief, POST_FRAMES, postCasts(brief)),
};

/** Everything that could be written at the head of a page or an email, or as a post. */
export const candidatesFor = (brief: Brief): Candidates => CANDIDATES[brief.asset.kind](brief);
