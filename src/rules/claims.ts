import { CATEGORIES, claimsOfCategories, type Detector, detected } from '../core/claim-categories.ts';
import { addressSpans, factSpans, type Grounds, groundsOf, shownCommands, uncitedFact } from '../core/claim-grounds.ts';
import { type Claim, claimsIn, covers, overlaps, type Span, spansOf } from '../core/claims.ts';
import type { DocumentPart, Rule, RuleContext, RuleFinding, TextBlock } from '../core/contracts.ts';
import { findingOn } from '../core/document.ts';
import { CannotJudge } from '../core/errors.ts';
import { foldMapped } from '../core/fold.ts';
import { patternProblems } from '../core/patterns.ts';

interface Params {
  readonly forbid?: readonly string[];
  readonly detect?: readonly Detector[];
}

interface Said extends Span {
  readonly message: string;
}

function adviceFor(claim: Pick<Claim, 'text'> & Span, kind: string, text: string, context: RuleContext): string {
  const uncited = uncitedFact(claim, text, context);
  if (uncited) return `"${claim.text}" rests on fact "${uncited.id}", which the asset does not cite`;
  const name = kind === 'name' ? ', the name to its vocabulary,' : '';
  const file = `brands/${context.unit.brand.id}/brand.yaml`;
  return `"${claim.text}" is in no cited fact: add a fact to ${file}${name} or take it out`;
}

/** What a text must not say, the strictest objection first: none is made to the same words twice. */
function objections(text: string, commands: readonly string[], params: Params, grounds: Grounds): Said[] {
  const { context } = grounds;
  const { forbid = [], detect = [] } = params;
  const { valid, refused } = factSpans(text, grounds);
  const within = (spans: readonly Span[]) => (claim: Span) => spans.some((span) => covers(span, claim));
  const disclaimed = grounds.disclaimers.flatMap((disclaimer) => spansOf(text, disclaimer));
  const forbidden = claimsOfCategories(text, forbid, detect)
    .filter((claim) => !within(disclaimed)(claim))
    .map((claim) => ({
      ...claim,
      message: `"${claim.text}" makes a ${claim.category} claim, which no fact allows here: take it out`,
    }));
  const late = refused.flatMap(({ why, spans }) => spans.slice(0, 1).map((span) => ({ ...span, message: why })));
  const factual = [...valid, ...refused.flatMap(({ spans }) => spans)];
  const allowed = [
    ...factual,
    ...[...grounds.phrases, ...commands].flatMap((phrase) => spansOf(text, phrase)),
    ...addressSpans(text, context),
  ];
  const sensed = detected(text, detect)
    .filter((claim) => !within(factual)(claim))
    .map((claim) => ({ ...claim, message: adviceFor(claim, claim.category, text, context) }));
  // No phrase of the brand grounds an amount of money; only a fact does.
  const ungrounded = claimsIn(text, grounds.lexicon, allowed)
    .filter((claim) => claim.kind !== 'price' || !within(factual)(claim))
    .map((claim) => ({ ...claim, message: adviceFor(claim, claim.kind, text, context) }));
  const kept: Said[] = [];
  for (const one of [...forbidden, ...late, ...sensed, ...ungrounded])
    if (!kept.some((other) => overlaps(other, one))) kept.push(one);
  return kept;
}

function judge(part: DocumentPart, block: TextBlock, commands: readonly string[], params: Params, grounds: Grounds) {
  const folded = foldMapped(block);
  return objections(folded.text, commands, params, grounds).map(({ start, end, message }) =>
    findingOn(part, folded, start, end, message),
  );
}

function check(parts: readonly DocumentPart[], params: Params, context: RuleContext): RuleFinding[] {
  if (!/^en\b/.test(context.locale))
    throw new CannotJudge(
      `claims can be checked in English only, and the locale is ${context.locale}`,
      'unknown_locale',
    );
  const grounds = groundsOf(context);
  return parts.flatMap((part) => {
    const commands = shownCommands(part, context);
    return part.blocks.flatMap((block) => judge(part, block, commands, params, grounds));
  });
}

const category = { type: 'string', pattern: '^[a-z][a-z0-9_-]{0,62}$' } as const;
const post = (text: string, params: Params = {}, context: Partial<RuleContext> = {}) =>
  ({ with: params, kind: 'social_post', files: { 'post.txt': text }, context }) as const;
const page = (html: string) => ({ with: {}, kind: 'landing_page', files: { 'index.html': html } }) as const;
const hours: Params = { detect: [{ category: 'speed', pattern: '\\bin no time\\b' }] };

export const rule: Rule<Params> = {
  id: 'claims',
  about: 'Every number, price, superlative, absolute and name must stand in the words of a cited fact.',
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      forbid: {
        type: 'array',
        uniqueItems: true,
        items: category,
        description: `Categories that no fact allows: ${CATEGORIES.join(', ')}, and those of detect.`,
      },
      detect: {
        type: 'array',
        description: 'What else is a claim and must stand in the words of a cited fact.',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['category', 'pattern'],
          properties: {
            category: { ...category, description: 'Category, built in or new.' },
            pattern: { type: 'string', minLength: 1, description: 'Regular expression, in any case.' },
          },
        },
      },
    },
  },
  tighten: { forbid: 'add', detect: 'add' },
  lint: ({ forbid = [], detect = [] }) => {
    const known = new Set([...CATEGORIES, ...detect.map((detector) => detector.category)]);
    const unknown = forbid.filter((name) => !known.has(name));
    return [
      ...unknown.map((name) => `forbid: nothing detects "${name}"; known are ${[...known].join(', ')}`),
      ...patternProblems(detect.map(({ pattern }) => pattern)),
    ];
  },
  check: ({ parts }, params, context) => check(parts, params, context),
  examples: {
    pass: [
      post('Northwind saves each note within two seconds. Write it down and move on.', { forbid: [...CATEGORIES] }),
      page('<p>You pay $9 a month. Northwind keeps notes where your team looks.</p>'),
      post('Northwind saves each note within two seconds.', hours),
    ],
    fail: [
      post('Join 5,000 teams.'),
      page('<p hidden>The fastest notes, trusted by Acme Corporation.</p>'),
      { with: {}, kind: 'email', files: { 'message.txt': 'Only $12 a month.' } },
      post('Northwind saves each note within two seconds.', {}, { now: '2031-01-01T00:00:00Z' }),
      post('Find it again, and we promise that it stays.', { forbid: ['guarantee'] }),
      post('Find it in no time.', hours),
    ],
  },
};
