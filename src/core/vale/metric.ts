import { CannotJudge } from '../errors.ts';
import { numberAt, textAt, textsAt } from './definition.ts';
import { type Formula, formulaOf, type Values } from './formula.ts';
import type { Compile } from './matcher.ts';
import { type Counts, countsOf, ENGLISH_COUNTS, ENGLISH_GRADES, GRADES } from './statistics.ts';
import type { View } from './views.ts';

/** Name -> the sections of the texts that it counts. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  paragraphs: ['paragraph'],
  blockquote: ['blockquote'],
  list: ['list'],
  pre: ['code'],
  ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((level) => [`heading_h${level}`, ['heading', `h${level}`]])),
};
const COUNTS: readonly (keyof Counts)[] = [
  'characters',
  'words',
  'sentences',
  'syllables',
  'complex_words',
  'long_words',
  'polysyllabic_words',
];
const NAMES = [...COUNTS, ...Object.keys(PLACES)];

/** Name of the result in a condition. */
const RESULT = 'result';

const isEnglish = (locale: string): boolean => /^en\b/.test(locale);

const blocksWith = (views: readonly View[], sections: readonly string[]): number =>
  views.filter((view) => !view.sections.has('sentence') && sections.every((one) => view.sections.has(one))).length;

const placesOf = (views: readonly View[]): Values =>
  Object.fromEntries(Object.entries(PLACES).map(([name, sections]) => [name, blocksWith(views, sections)]));

const ENGLISH_NAMES = new RegExp(`\\b(?:${ENGLISH_COUNTS.join('|')})\\b`);

const sized = (number: number): string => number.toFixed(2);

/** Compares a formula over the counts of a text with a condition. */
export const metric: Compile = (rule, { locale }) => {
  const formula: Formula = formulaOf(textAt(rule, 'formula'), NAMES);
  const condition = formulaOf(`${RESULT} ${textAt(rule, 'condition')}`, [...NAMES, RESULT]);
  const needsEnglish = ENGLISH_NAMES.test(textAt(rule, 'formula') + textAt(rule, 'condition'));
  return (views) => {
    const places = placesOf(views);
    return ({ text }) => {
      if (needsEnglish && !isEnglish(locale)) {
        throw new CannotJudge(`syllables are counted in English only, not in ${locale}`, 'unknown_locale');
      }
      const counts = countsOf(text, locale);
      if (counts.words === 0) return [];
      const values = { ...places, ...counts };
      const result = formula(values);
      return condition({ ...values, [RESULT]: result }) === 0 ? [] : [{ span: undefined, args: [sized(result)] }];
    };
  };
};

/** Compares the mean of some reading grades with the highest that is fine. */
export const readability: Compile = (rule, { locale }) => {
  const names = textsAt(rule, 'metrics');
  const grades = names.map((name) => {
    const grade = GRADES[name];
    if (!grade) throw new SyntaxError(`metric ${name} is not known, expected ${Object.keys(GRADES).join(', ')}`);
    return grade;
  });
  if (grades.length === 0) throw new SyntaxError('metrics names none');
  const highest = numberAt(rule, 'grade') ?? 0;
  return () =>
    ({ text }) => {
      if (names.some((name) => ENGLISH_GRADES.includes(name)) && !isEnglish(locale)) {
        throw new CannotJudge(`syllables are counted in English only, not in ${locale}`, 'unknown_locale');
      }
      const counts = countsOf(text, locale);
      if (counts.words === 0) return [];
      const mean = grades.reduce((total, grade) => total + grade(counts), 0) / grades.length;
      return mean > highest ? [{ span: undefined, args: [sized(mean)] }] : [];
    };
};
