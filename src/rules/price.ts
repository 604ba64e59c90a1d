import type { DocumentPart, GuardDocument, Rule, RuleContext, RuleFinding, TextBlock } from '../core/contracts.ts';
import { findingOn, isAttribute } from '../core/document.ts';
import { foldMapped } from '../core/fold.ts';
import { bodiesOf, headsOf } from '../core/mail.ts';
import type { Mapped } from '../core/mapped.ts';
import { type Amount, amountsIn, type Price, showPrice, statesPrice } from '../core/money.ts';
import { patternOf, patternProblems } from '../core/patterns.ts';

interface Constraints {
  readonly min?: number;
  readonly max?: number;
  readonly currencies?: readonly string[];
  readonly require_note?: string;
}

interface Params {
  readonly constraints?: Constraints;
}

const pricesOf = ({ unit }: RuleContext): Price[] =>
  unit.offers.filter(({ id }) => unit.campaign.offers.includes(id)).map(({ price }) => price);

function limitProblem({ amount, currency }: Price, { min, max, currencies }: Constraints): string | undefined {
  if (min !== undefined && Number(amount) < min) return `is below the minimum of ${min}`;
  if (max !== undefined && Number(amount) > max) return `is above the maximum of ${max}`;
  if (currencies && !currencies.includes(currency)) return `is not in ${currencies.join(' or ')}`;
  return undefined;
}

function problemOf(text: string, amount: Amount, params: Params, context: RuleContext): string | undefined {
  const prices = pricesOf(context);
  const stated = prices.find((price) => statesPrice(text, amount, price));
  if (!stated) return `is not what an offer costs: ${prices.map(showPrice).join(', or ')}`;
  return limitProblem(stated, params.constraints ?? {});
}

const showsNote = (part: DocumentPart, note: string): boolean =>
  part.blocks.some((block) => block.visible && !isAttribute(block) && patternOf(note).test(block.text));

interface Stated {
  readonly part: DocumentPart;
  readonly block: TextBlock;
  readonly folded: Mapped;
  readonly amount: Amount;
}

const statedIn = (part: DocumentPart): Stated[] =>
  part.blocks.flatMap((block) => {
    const folded = foldMapped(block);
    return amountsIn(folded.text).map((amount) => ({ part, block, folded, amount }));
  });

const finding = ({ part, folded, amount }: Stated, problem: string): RuleFinding =>
  findingOn(part, folded, amount.start, amount.end, `"${amount.text}" ${problem}`);

/** What a part lacks that shows a price, or is opened because of one in the subject. */
function noteFindings(part: DocumentPart, heads: readonly DocumentPart[], note: string): RuleFinding[] {
  const first = [part, ...heads].flatMap(statedIn).find(({ block }) => block.visible);
  return first === undefined || showsNote(part, note) ? [] : [finding(first, `needs a note: ${note}`)];
}

function check(document: GuardDocument, params: Params, context: RuleContext): RuleFinding[] {
  const note = params.constraints?.require_note;
  const wrong = document.parts.flatMap(statedIn).flatMap((one) => {
    const problem = problemOf(one.folded.text, one.amount, params, context);
    return problem === undefined ? [] : [finding(one, problem)];
  });
  if (note === undefined) return wrong;
  const heads = headsOf(document);
  return [...wrong, ...bodiesOf(document).flatMap((part) => noteFindings(part, heads, note))];
}

const page = (html: string, params: Params = {}) =>
  ({ with: params, kind: 'landing_page', files: { 'index.html': html } }) as const;
const noted: Params = { constraints: { min: 5, max: 20, currencies: ['USD'], require_note: 'plus (?:VAT|tax)' } };

export const rule: Rule<Params> = {
  id: 'price',
  about: 'Every amount of money, seen or hidden, is the current price of an offer: number, currency and period.',
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      constraints: {
        type: 'object',
        additionalProperties: false,
        description: 'What prices may be at all, whatever the offer says.',
        properties: {
          min: { type: 'number', minimum: 0, description: 'Lowest amount.' },
          max: { type: 'number', minimum: 0, description: 'Highest amount.' },
          currencies: {
            type: 'array',
            minItems: 1,
            items: { type: 'string', pattern: '^[A-Z]{3}$' },
            description: 'ISO 4217 codes of currencies that prices may be in.',
          },
          require_note: {
            type: 'string',
            minLength: 1,
            description: 'Regular expression, in any case, of a text that stands visibly where a price does.',
          },
        },
      },
    },
  },
  tighten: { 'constraints.min': 'raise', 'constraints.max': 'lower' },
  lint: ({ constraints }) => patternProblems(constraints?.require_note === undefined ? [] : [constraints.require_note]),
  check,
  examples: {
    pass: [
      page('<p>You pay $9 a month.</p>'),
      page('<p>Write it down and move on.</p>', noted),
      page('<p>$9.00 per month</p><p>Plus tax.</p>', noted),
      { with: {}, kind: 'social_post', files: { 'post.txt': 'Monthly price: 9 USD' } },
    ],
    fail: [
      page('<p>You pay $8 a month.</p>'),
      page('<p hidden>You pay $9 a year.</p>'),
      page('<img src="/a.png" alt="9 EUR a month">'),
      page('<p>You pay $9 a month.</p>', noted),
      page('<p>You pay $9 a month plus tax.</p>', { constraints: { max: 8 } }),
      { with: {}, kind: 'social_post', files: { 'post.txt': 'Only $9, for ever.' } },
    ],
  },
};
