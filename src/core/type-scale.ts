/** Sizes of type in one ratio, so that headings of every page stand to its text as the brand wants it. */
import type { Brand } from '../generated/entities.ts';

export const DEFAULT_SCALE = 1.25;

const BASE_REM = 1.0625;

/** Steps of the scale; no size is so small or so large that a page could not be read. */
const STEPS = {
  small: { step: -0.75, least: 0.8125, most: 1 },
  base: { step: 0, least: 1, most: 2 },
  lead: { step: 0.5, least: 1, most: 1.375 },
  h3: { step: 0.25, least: 1, most: 1.25 },
  /** Headings grow from a phone to a desk. */
  h2Phone: { step: 1.75, least: 1.25, most: 1.75 },
  h2: { step: 3, least: 1.375, most: 2.5 },
  h1Phone: { step: 3.1, least: 1.625, most: 2.375 },
  h1: { step: 5.3, least: 1.875, most: 4 },
} as const;

export type TypeScale = Readonly<Record<keyof typeof STEPS, string>>;

/** CSS lengths in rem, with at most four decimals. */
export const typeScale = ({ scale = DEFAULT_SCALE }: Pick<Brand['design'], 'scale'>): TypeScale => {
  const sizes = Object.entries(STEPS).map(([name, { step, least, most }]) => {
    const size = Math.min(Math.max(BASE_REM * scale ** step, least), most);
    return [name, `${Number(size.toFixed(4))}rem`];
  });
  // Each step has its size.
  return Object.fromEntries(sizes) as TypeScale;
};
