/** Personal data that text carries, found by its form and by its check digits. */
import type { Span } from './claims.ts';
import { matchesIn } from './matches.ts';

export const PII_KINDS = ['email', 'phone', 'credit_card', 'us_ssn', 'iban'] as const;
export type PiiKind = (typeof PII_KINDS)[number];

export interface PersonalDatum extends Span {
  readonly kind: PiiKind;
  readonly text: string;
}

const digitsOf = (text: string): string => text.replace(/\D/g, '');

/** ISO/IEC 7812: every second digit from the right counts twice. */
function hasLuhnDigit(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/** ISO 13616: country and check digits go to the end, letters count from 10, and the whole leaves 1. */
function hasIbanChecksum(text: string): boolean {
  const plain = text.replace(/[\s-]/g, '').toUpperCase();
  if (plain.length < 15 || plain.length > 34) return false;
  const numeric = [...(plain.slice(4) + plain.slice(0, 4))].map((char) => Number.parseInt(char, 36)).join('');
  return BigInt(numeric) % 97n === 1n;
}

/** What is in front of an @ in the name of a picture is no mailbox: logo@2x.png. */
const isMailbox = (text: string): boolean => !/\.(?:png|jpe?g|gif|svg|webp|avif|ico|css|m?js)$/i.test(text);

/** E.164: at most 15 digits, and fewer than 7 reach nobody; dates look like phone numbers. */
function isPhone(text: string): boolean {
  const { length } = digitsOf(text);
  return length >= 7 && length <= 15 && !/^\d{4}[-./]\d{2}[-./]\d{2}$|^\d{2}[-./]\d{2}[-./]\d{4}$/.test(text);
}

function isCard(text: string): boolean {
  const digits = digitsOf(text);
  return digits.length >= 13 && digits.length <= 19 && hasLuhnDigit(digits) && !/^(\d)\1+$/.test(digits);
}

interface Detector {
  readonly kind: PiiKind;
  readonly pattern: RegExp;
  readonly isReal?: (text: string) => boolean;
}

const BEFORE = '(?<![\\p{L}\\p{N}_+.#/=&%-])';
const AFTER = '(?![\\p{L}\\p{N}_%-]|[.,/]\\p{N})';
const framed = (form: string): RegExp => new RegExp(`${BEFORE}(?:${form})${AFTER}`, 'giu');

/** The most exact form first: what one has found is not found again by another. */
const DETECTORS: readonly Detector[] = [
  {
    kind: 'iban',
    pattern: framed('[A-Z]{2}\\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?'),
    isReal: hasIbanChecksum,
  },
  { kind: 'credit_card', pattern: framed('[2-6]\\d{3}(?:[ -]?\\d){9,15}'), isReal: isCard },
  { kind: 'us_ssn', pattern: framed('(?!000|666|9\\d\\d)\\d{3}-(?!00)\\d{2}-(?!0000)\\d{4}') },
  {
    kind: 'email',
    pattern:
      /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}](?:[\p{L}\p{N}._%+'-]{0,62}[\p{L}\p{N}_+-])?@(?:[\p{L}\p{N}-]{1,63}\.)+\p{L}{2,24}(?![\p{L}\p{N}-])/giu,
    isReal: isMailbox,
  },
  {
    kind: 'phone',
    pattern: new RegExp(
      '(?<![\\p{L}\\p{N}_+.#/=&%-]|\\p{N} )(?:' +
        [
          '(?:\\+|00)[1-9]\\d{0,2}[ ./-]?(?:\\(\\d{1,5}\\)[ ./-]?)?\\d(?:[ ./-]?\\d){5,12}',
          '\\(\\d{2,5}\\) ?\\d(?:[ ./-]?\\d){5,9}',
          '(?:1[ .-])?\\d{3}[.-]\\d{3}[.-]\\d{4}',
          '0[1-9]\\d{1,3}(?: ?[/-] ?| )\\d(?:[ -]?\\d){4,9}',
        ].join('|') +
        `)${AFTER}`,
      'gu',
    ),
    isReal: isPhone,
  },
];

/** Personal data of the given kinds in a text, in order and without overlaps. */
export function personalDataIn(text: string, kinds: readonly PiiKind[]): PersonalDatum[] {
  const kept: PersonalDatum[] = [];
  for (const { kind, pattern, isReal } of DETECTORS) {
    if (!kinds.includes(kind)) continue;
    for (const { 0: found, index } of matchesIn(text, pattern)) {
      const datum = { kind, text: found, start: index, end: index + found.length };
      const isNew = !kept.some((other) => other.start < datum.end && datum.start < other.end);
      if (isNew && (isReal?.(found) ?? true)) kept.push(datum);
    }
  }
  return kept.sort((a, b) => a.start - b.start);
}

/** The same datum however it is spaced and spelled. */
export const plainDatum = (text: string): string => text.toLowerCase().replace(/[\s()./-]/g, '');

/** Enough to find the place, too little to use: the first two signs. */
export const mask = (text: string): string => `${[...text].slice(0, 2).join('')}***`;
