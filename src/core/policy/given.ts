/** What a sample of a policy pack may change of the sample workspace. */
import type { AssetKindId } from '../../generated/entities.ts';
import type { Fact, Observations } from '../contracts.ts';
import { show } from '../explain.ts';
import { expectedOneOf } from '../suggest.ts';
import { epochOf } from '../time.ts';

export interface Given {
  readonly kind?: AssetKindId;
  readonly channel?: string;
  readonly locale?: string;
  readonly jurisdictions?: readonly string[];
  readonly day?: string;
  readonly due?: string;
  readonly sent?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly facts?: readonly (Partial<Fact> & Pick<Fact, 'statement'>)[];
  readonly price?: { readonly amount: string; readonly currency: string; readonly period: 'once' | 'month' | 'year' };
  readonly observed?: Observations;
}

const KINDS: readonly AssetKindId[] = ['landing_page', 'email', 'social_post', 'one_pager'];

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isInstant = (value: unknown): boolean => isText(value) && !Number.isNaN(epochOf(String(value)));
const isDay = (value: unknown): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(String(value)) && isInstant(`${String(value)}T00:00:00Z`);
const isFact = (value: unknown): boolean => isMapping(value) && isText(value['statement']);
const isPrice = (value: unknown): boolean =>
  isMapping(value) && ['amount', 'currency', 'period'].every((key) => isText(value[key]));

/** Key of `given` -> whether a value is one, and what it is. */
const GIVEN: Readonly<Record<keyof Given, readonly [(value: unknown) => boolean, string]>> = {
  kind: [(value) => KINDS.some((kind) => kind === value), KINDS.join(', ')],
  channel: [isText, 'the id of a channel'],
  locale: [isText, 'a language tag such as de-AT'],
  jurisdictions: [isTexts, 'a list of codes such as [DE, AT]'],
  day: [isDay, 'a day such as 2026-11-23'],
  due: [isInstant, 'an instant such as 2026-11-23T09:00:00+01:00'],
  sent: [(value) => Array.isArray(value) && value.every(isInstant), 'a list of instants'],
  headers: [(value) => isMapping(value) && Object.values(value).every(isText), 'a mapping of header names to texts'],
  text: [isText, 'the plain text beside the HTML of an email'],
  facts: [(value) => Array.isArray(value) && value.every(isFact), 'a list of facts, each with its statement'],
  price: [isPrice, 'a mapping with amount, currency and period, each a text'],
  observed: [isMapping, 'a mapping of browser, links or secrets'],
};

/** What is wrong with the keys of a sample's `given`. */
export function givenFaults(
  given: Readonly<Record<string, unknown>>,
): { readonly key: string; readonly message: string }[] {
  return Object.entries(given).flatMap(([key, value]) => {
    const known = Object.hasOwn(GIVEN, key) ? GIVEN[key as keyof Given] : undefined;
    if (!known) return [{ key, message: `${key} is unknown${expectedOneOf(key, Object.keys(GIVEN), 'no key')}` }];
    const [isValid, words] = known;
    return isValid(value) ? [] : [{ key, message: `${key} is ${show(value)}, expected ${words}` }];
  });
}
