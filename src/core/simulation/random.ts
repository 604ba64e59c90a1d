/** Chance for simulations: a stream of numbers that a text decides, the same on every machine. */
import { sha256 } from '../hash.ts';

export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** Whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** @throws RangeError when there is nothing to choose from */
  pick<T>(items: readonly T[]): T;
  /** How many events of a Poisson process with this mean occur. */
  poisson(mean: number): number;
}

/** sfc32 by Chris Doty-Humphrey (PractRand, public domain): 128 bits of state, here those of a SHA-256. */
function sfc32(seed: string): () => number {
  const digest = sha256(seed);
  const word = (index: number): number => Number.parseInt(digest.slice(index * 8, index * 8 + 8), 16) | 0;
  let [a, b, c, counter] = [word(0), word(1), word(2), word(3)];
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}

/** Streams of different names are independent: dropping what draws from one changes nothing in another. */
export function randomOf(...names: readonly (string | number)[]): Random {
  const next = sfc32(names.join('\0'));
  return {
    next,
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new RangeError('nothing to choose from');
      return items[Math.floor(next() * items.length)] as T;
    },
    poisson(mean) {
      // Knuth's product of uniforms; a mean above some hundreds would underflow, visits per day stay far below.
      const limit = Math.exp(-mean);
      let count = 0;
      for (let product = next(); product > limit; product *= next()) count += 1;
      return count;
    },
  };
}
