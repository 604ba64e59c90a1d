/** 97.5 % quantile of the standard normal distribution. */
const Z = 1.959963984540054;

export interface Interval {
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

/**
 * A proportion with its 95 % Wilson score interval (Wilson 1927, JASA 22:209), which stays inside [0, 1] and keeps its
 * coverage at small counts.
 *
 * @param successes  whole, 0 <= successes <= trials
 * @param trials     whole, >= 1
 * @throws RangeError outside of those
 */
export function wilson(successes: number, trials: number): Interval {
  if (!(trials >= 1 && successes >= 0 && successes <= trials)) {
    throw new RangeError(`wilson(${successes}, ${trials}) needs 0 <= successes <= trials and trials >= 1`);
  }
  const rate = successes / trials;
  const square = (Z * Z) / trials;
  const centre = (rate + square / 2) / (1 + square);
  const half = (Z / (1 + square)) * Math.sqrt((rate * (1 - rate)) / trials + square / (4 * trials));
  const rounded = (value: number) => Math.round(value * 1e6) / 1e6;
  return {
    rate: rounded(rate),
    low: successes === 0 ? 0 : rounded(centre - half),
    high: successes === trials ? 1 : rounded(centre + half),
  };
}

/**
 * A rate pulled towards the pooled rate as if there had been `weight` more trials at it, so that no trials means
 * average, not zero or one.
 */
export function shrunkRate(successes: number, trials: number, pooled: number, weight = 100): number {
  return (successes + weight * pooled) / (trials + weight);
}
