/** Kinds of claims that a policy may forbid altogether, found by English words in text that went through foldText. */
import { anyOf, NO_SUPERLATIVES } from './claim-words.ts';
import type { Span } from './claims.ts';
import { matchesIn } from './matches.ts';
import { patternOf } from './patterns.ts';

export interface Detector {
  readonly category: string;
  readonly pattern: string;
}

export interface CategoryClaim extends Span {
  readonly category: string;
  readonly text: string;
}

const ILLNESS =
  'diseases?|illness(?:es)?|infections?|cancer|diabetes|depression|anxiety|insomnia|pain|migraines?|headaches?|' +
  'arthritis|acne|eczema|asthma|allerg(?:y|ies)|symptoms?|covid(?:-19)?|flu|colds?|inflammation|adhd|obesity|' +
  'high blood pressure|heart attacks?|strokes?|dementia|burnout';
const SHARE = '(?:\\p{N}[\\p{N}.,]* ?%|\\p{N}+ percent)';

const BUILT_IN: Readonly<Record<string, RegExp>> = {
  medical: anyOf(
    'cure[sd]?|curing|(?<!self-)heal(?:s|ed|ing)?|diagnos(?:e[sd]?|ing|is|tic)|therap(?:y|ies|eutic)|remed(?:y|ies)',
    `(?:treat|prevent|relieve|reverse|fight|ease|soothe|stop|reduce)(?:s|ed|d|ing)? (?:\\p{L}+ ){0,2}(?:${ILLNESS})`,
    'clinically (?:\\p{L}+)|(?:doctor|physician|dermatologist)[- ](?:approved|recommended|tested)|side[- ]effects?',
    '(?:fda|ema|ce)[- ](?:approved|cleared|certified)|(?:boost|strengthen)(?:s|ed|ing)? (?:\\p{L}+ )?immun\\p{L}+',
    'weight[- ]loss|los(?:e|es|ing) (?:weight|\\p{N}+ ?(?:kg|kilos?|pounds|lbs))|burns? fat|detox\\p{L}*',
    'anti-?(?:ag(?:e)?ing|inflammatory|bacterial|viral|cancer)|medicinal|medically|health benefits?',
  ),
  financial: anyOf(
    '(?:guaranteed|fixed|high(?:er)?|double-digit|steady|safe) (?:returns?|incomes?|profits?|yields?|interest)',
    "(?:risk|loss)[- ]free|(?:no|zero|without) (?:any )?risk|(?:cannot|can't) lose|get rich|passive income",
    'financial (?:freedom|independence)|(?:doubl|tripl|multipl)(?:es?|y|ies|ing) your (?:money|revenue|income|savings|sales|profits?)',
    '(?:beat|outperform)(?:s|ing)? the market|tax[- ](?:free|exempt)|interest[- ]free|return on investment|roi',
    `${SHARE} (?:\\p{L}+ )?(?:returns?|yields?|interest|apy|apr|profits?)|(?:apy|apr)`,
    '(?:earn|make)(?:s|ing)? (?:easy |extra |more |real )?(?:money|cash)|investment (?:advice|opportunit(?:y|ies))',
  ),
  superiority: anyOf(
    '\\p{L}{2,}est|best|worst|most \\p{L}+(?<!at most \\p{L}+)(?<!most recent)|number one|no\\. ?1|second to none',
    'leading(?! (?:to|zero|slash|space|whitespace|edge|comma|dot))|unrivall?ed|unmatched|unbeatable|unparalleled',
    'world-class|top-(?:rated|notch|tier|selling)|state-of-the-art|cutting-edge|best-in-class|award-winning|superior',
    '(?:better|more|less|\\p{L}{3,}er) than (?:any|all|every|others?|everyone|anyone|the competition|competitors?)',
    "(?:the|world's|industry's|market's) (?:only|first)(?! (?:time|run|step|day|week|month|line|one|to|few))",
  ),
  environmental: anyOf(
    'eco-?friendly|eco-?conscious|(?:environmentally|planet|climate|earth)[- ](?:friendly|safe|responsible)|carbon offsets?',
    '(?:climate|carbon|co2)[- ](?:neutral|neutrality|negative|positive|free)|net[- ]zero|zero[- ](?:emissions?|waste|carbon)',
    'sustainab(?:le|ly|ility)|biodegradable|compostable|recycl(?:able|ed)|renewable|non-?toxic|plastic[- ]free|all[- ]natural',
    'green(?:er|est)? (?:energy|power|hosting|choice|products?|technology|company)|good for the (?:planet|environment|climate)',
    '(?:lower|reduce|cut|shrink|offset|smaller)(?:s|d|ing)? (?:\\p{L}+ ){0,2}(?:carbon|co2|emissions?|footprint)',
  ),
  guarantee: anyOf(
    'guarant(?:eed?s?|eeing|ies|y)|warrant(?:y|ies|ed)|money[- ]back|full refund|satisfaction|no questions asked',
    "(?:we|i|our) promises?|promises? (?:you|that|to)|assured|(?:cannot|can't|won't|never|will not) fail",
    '(?:always|never) (?:works?|wins?|fails?|loses?|misses)|(?:\\p{L}+)-?proof(?<!waterproof|social-proof|social proof)',
    '100 ?% (?:safe|secure|success\\p{L}*|satisf\\p{L}+|reliable|effective|accurate|uptime)|(?:without|no|zero) risk|risk[- ]free',
  ),
};

export const CATEGORIES: readonly string[] = Object.keys(BUILT_IN);

const builtInClaims = (text: string, category: string): CategoryClaim[] =>
  matchesIn(text, BUILT_IN[category] ?? /(?!)/g)
    .filter(([words]) => !NO_SUPERLATIVES.has(words.toLowerCase()))
    .map((match) => ({ category, text: match[0], start: match.index, end: match.index + match[0].length }));

/** What a pack's own detectors find. */
export const detected = (text: string, detectors: readonly Detector[]): CategoryClaim[] =>
  detectors.flatMap(({ category, pattern }) =>
    patternOf(pattern)
      .find(text)
      .map(({ text: words, start, end }) => ({ category, text: words, start, end })),
  );

/** Claims of the categories, by the words built in and by the pack's own detectors. */
export const claimsOfCategories = (
  text: string,
  categories: readonly string[],
  detectors: readonly Detector[],
): CategoryClaim[] =>
  categories.flatMap((category) => [
    ...builtInClaims(text, category),
    ...detected(
      text,
      detectors.filter((detector) => detector.category === category),
    ),
  ]);
