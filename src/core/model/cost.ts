/** Tokens and money. Money is counted in millionths of the currency, as whole numbers. */
import type { ModelPrice } from './params.ts';

/** Tokens of one call. */
export interface Used {
  readonly prompt: number;
  /** Of the prompt, served from a cache. */
  readonly cached: number;
  readonly completion: number;
}

/** "0.15" -> 150000 */
export function micros(amount: string): number {
  const [whole = '0', decimals = ''] = amount.split('.');
  return Number(whole) * 1_000_000 + Number(decimals.slice(0, 6).padEnd(6, '0'));
}

/** 150000 -> "0.15" */
export function amountOf(value: number): string {
  const decimals = String(value % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${Math.floor(value / 1_000_000)}${decimals === '' ? '' : `.${decimals}`}`;
}

/** What a call costs, rounded up to a millionth; undefined where nobody said what tokens cost. */
export function costOf({ prompt, cached, completion }: Used, price: ModelPrice | undefined): number | undefined {
  if (!price) return undefined;
  const input = micros(price.input_per_million);
  const cachedInput = price.cached_input_per_million === undefined ? input : micros(price.cached_input_per_million);
  const millionths = (prompt - cached) * input + cached * cachedInput + completion * micros(price.output_per_million);
  return Math.ceil(millionths / 1_000_000);
}

const encoder = new TextEncoder();

/**
 * Tokens of a text before anybody has counted them. English has about four bytes to a token and other scripts three to
 * a character, so this is rather too many than too few.
 */
export const tokensOf = (text: string): number => Math.ceil(encoder.encode(text).length / 3);
