/** Amounts of money in text, and whether one is the price of an offer; knows the words of English and German prices. */
import type { Offer } from '../generated/entities.ts';
import { PRICES } from './claim-words.ts';
import type { Span } from './claims.ts';
import { matchesIn } from './matches.ts';

export type Price = Offer['price'];

export interface Amount extends Span {
  readonly text: string;
  /** NaN for what is not a plain number in digits, such as $9k. */
  readonly value: number;
}

/** 1,299.00 and 1.299,00 are the same number: a separator before three digits groups, any other begins the decimals. */
function valueOf(text: string): number {
  const digits = /\p{Nd}[\p{Nd}.,']*/u.exec(text);
  if (digits === null || /^\p{L}/u.test(text.slice(digits.index + digits[0].length))) return Number.NaN;
  const plain = digits[0].replace(/[.,']+$/u, '').replace(/[.,'](?=\p{Nd}{3}(?!\p{Nd}))/gu, '');
  return Number(plain.replace(',', '.'));
}

/** @param text  folded by foldText */
export const amountsIn = (text: string): Amount[] =>
  matchesIn(text, PRICES).map((match) => ({
    text: match[0],
    value: valueOf(
      match[0].replace(/(?<=\p{Nd})(?:usd|eur|gbp|chf|jpy|cad|aud|nzd|sek|nok|dkk|pln|inr|cny|brl)$/iu, ''),
    ),
    start: match.index,
    end: match.index + match[0].length,
  }));

const SIGNS: Readonly<Record<string, RegExp>> = {
  EUR: /€|eur/i,
  GBP: /£|gbp|pound/i,
  JPY: /¥|jpy/i,
  CNY: /¥|cny/i,
  INR: /₹|inr/i,
  USD: /^(?:us)?\$|\d ?\$$|usd|dollar|buck/i,
  CAD: /^(?:ca)?\$|\d ?\$$|cad|dollar/i,
  AUD: /^(?:au?)?\$|\d ?\$$|aud|dollar/i,
  NZD: /^\$|\d ?\$$|nzd|dollar/i,
  CHF: /chf|franc/i,
};

const isCurrency = ({ text }: Amount, currency: string): boolean =>
  (SIGNS[currency] ?? new RegExp(currency, 'i')).test(text);

type Period = Price['period'] | 'other';

const PERIODS: Readonly<Record<Exclude<Period, 'once'>, string>> = {
  month: 'months?|monthly|mo|mth|monats?|monatlich',
  year: 'years?|yearly|yr|annum|annual(?:ly)?|jahr(?:es)?|jährlich',
  other:
    'hours?|hourly|hr|days?|daily|weeks?|weekly|wk|quarters?|quarterly|stunden?|tage?|täglich|wochen?|wöchentlich|quartal',
};

const recurring = ['month', 'year', 'other'] as const;
const word = (words: string): string => `(?<![\\p{L}\\p{N}])(?:${words})(?![\\p{L}\\p{N}])`;
const ATTACHED = new Map(
  recurring.map((period) => [
    period,
    new RegExp(`^(?:[ -]?(?:/|per|a|an|each|every|pro|im|je)[ -]?| )(?:${PERIODS[period]})(?![\\p{L}\\p{N}])`, 'iu'),
  ]),
);
const ANYWHERE = new Map(recurring.map((period) => [period, new RegExp(word(PERIODS[period]), 'iu')]));

/** The sentence around a span: a full stop inside a number ends nothing. */
function sentenceAround(text: string, { start, end }: Span): string {
  const before =
    text
      .slice(0, start)
      .split(/[.!?] /u)
      .at(-1) ?? '';
  const after = text.slice(end).split(/[.!?](?: |$)/u)[0] ?? '';
  return before + text.slice(start, end) + after;
}

/** Whether the words after an amount, or else those of its sentence, say what the price pays for. */
function saysPeriod(text: string, amount: Amount, period: Price['period']): boolean {
  const attached = recurring.find((one) => ATTACHED.get(one)?.test(text.slice(amount.end)));
  if (attached !== undefined) return attached === period;
  return period === 'once' || (ANYWHERE.get(period)?.test(sentenceAround(text, amount)) ?? false);
}

const PER: Readonly<Record<Price['period'], string>> = { once: 'once', month: 'per month', year: 'per year' };

/** 9 USD per month */
export const showPrice = ({ amount, currency, period }: Price): string => `${amount} ${currency} ${PER[period]}`;

/** Whether an amount in a text is a price in full: number, currency and period. Nothing is free of what it pays for. */
export function statesPrice(text: string, amount: Amount, price: Price): boolean {
  const value = Number(price.amount);
  return (
    amount.value === value &&
    isCurrency(amount, price.currency) &&
    (value === 0 || saysPeriod(text, amount, price.period))
  );
}
