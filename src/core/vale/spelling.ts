import type { Files } from '../contracts.ts';
import { CannotJudge } from '../errors.ts';
import { flagAt, textAt, textsAt, type ValeRule } from './definition.ts';
import { exceptionsOf, wordsPattern } from './exceptions.ts';
import type { Compile } from './matcher.ts';
import { Pattern, textOf } from './pattern.ts';

interface Speller {
  correct(word: string): boolean;
}

interface Library {
  readonly spellerOf: (aff: string, dic: string) => Speller;
  readonly english: Speller;
}

let library: Library | undefined;

/** Loads the spell checker and its English dictionary. */
export async function prepareSpelling(): Promise<void> {
  if (library) return;
  const [{ default: nspell }, { default: dictionary }] = await Promise.all([import('nspell'), import('dictionary-en')]);
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const english = nspell(decode(dictionary.aff), decode(dictionary.dic));
  library = { spellerOf: (aff, dic) => nspell(aff, dic), english };
}

const STYLES = 'policies/styles';

const found = (styles: Files, paths: readonly string[]): string | undefined => {
  const content = paths.map((path) => styles.get(path)).find((one) => one !== undefined);
  return content instanceof Uint8Array ? new TextDecoder().decode(content) : content;
};

const clean = (path: string): string => path.replace(/(?:^|\/)\.?(?=\/)/g, '').replace(/^\//, '');

/** Where Vale would look for a file: as it is written, under the styles, and in a folder of its own there. */
const placesOf = (path: string, ownFolder = ''): string[] =>
  [path, `${STYLES}/${path}`, `${STYLES}/${ownFolder}/${path}`].map(clean);

const dictionaryPlaces = (folder: string, file: string): string[] =>
  folder === '' ? placesOf(file, 'config/dictionaries') : placesOf(`${folder}/${file}`);

interface DictionaryFiles {
  readonly aff: string;
  readonly dic: string;
}

type Dictionary = 'english' | DictionaryFiles | { readonly missing: string };

const ENGLISH_NAMES = ['en', 'en_US', 'en_US-web', 'en-US'];

function dictionaryAt(
  styles: Files,
  affPaths: readonly string[],
  dicPaths: readonly string[],
  name: string,
): Dictionary {
  const aff = found(styles, affPaths);
  const dic = found(styles, dicPaths);
  if (aff !== undefined && dic !== undefined) return { aff, dic };
  // What Vale's own dictionary is called.
  return ENGLISH_NAMES.includes(name) ? 'english' : { missing: `there is no dictionary ${name} in ${STYLES}` };
}

/** Dictionaries that a rule names; the English one when it names none, or adds to it. */
function dictionariesOf(rule: ValeRule, styles: Files): Dictionary[] {
  const folder = textAt(rule, 'dicpath');
  const [aff, dic] = [textAt(rule, 'aff'), textAt(rule, 'dic')];
  const pair = aff === '' && dic === '' ? [] : [dictionaryAt(styles, placesOf(aff), placesOf(dic), `${aff}, ${dic}`)];
  const named = textsAt(rule, 'dictionaries').map((name) =>
    dictionaryAt(styles, dictionaryPlaces(folder, `${name}.aff`), dictionaryPlaces(folder, `${name}.dic`), name),
  );
  const all = [...pair, ...named];
  return all.length === 0 || flagAt(rule, 'append') ? [...all, 'english'] : all;
}

const ignoreFiles = (rule: ValeRule, styles: Files): { readonly name: string; readonly text: string | undefined }[] =>
  textsAt(rule, 'ignore').map((name) => ({ name, text: found(styles, placesOf(name, 'config/ignore')) }));

/** Files that the rule names and the styles do not have. */
export const spellingProblems = (rule: ValeRule, styles: Files): string[] => [
  ...dictionariesOf(rule, styles).flatMap((one) => (typeof one !== 'string' && 'missing' in one ? [one.missing] : [])),
  ...ignoreFiles(rule, styles).flatMap(({ name, text }) =>
    text === undefined ? [`there is no list of words ${name} in ${STYLES}`] : [],
  ),
];

const spellers = new WeakMap<Files, Map<string, Speller>>();

/** Reading a dictionary takes a tenth of a second, so each is read once. */
function spellerOf({ aff, dic }: DictionaryFiles, styles: Files, { spellerOf: read }: Library): Speller {
  const known = spellers.get(styles) ?? new Map<string, Speller>();
  spellers.set(styles, known);
  const key = `${aff}\0${dic}`;
  const speller = known.get(key) ?? read(aff, dic);
  known.set(key, speller);
  return speller;
}

function spellersFor(rule: ValeRule, styles: Files, locale: string): Speller[] {
  if (!library) throw new CannotJudge('the dictionary is not loaded');
  const loaded = library;
  const dictionaries = dictionariesOf(rule, styles);
  if (dictionaries.every((one) => one === 'english') && !/^en\b/.test(locale)) {
    throw new CannotJudge(`there is no dictionary for ${locale}: name one in dictionaries`, 'unknown_locale');
  }
  return dictionaries.map((one) => {
    if (one === 'english') return loaded.english;
    if ('missing' in one) throw new CannotJudge(one.missing);
    return spellerOf(one, styles, loaded);
  });
}

/** What no dictionary is asked for: words with digits or signs, acronyms, names such as GitHub. */
const PASSED_BY_DEFAULT = ["[^\\p{L}\\p{M}_']", '\\p{Lu}$', '[A-Z][a-z]+[A-Z]+\\w+'];

const WORDS = new Pattern("[\\w]+(?:['’.-][\\w]+)*");

const escaped = (text: string): string => text.replace(/[^\p{L}\p{N}\s]/gu, '\\$&');

/** Reports words that are in no dictionary. */
export const spelling: Compile = (rule, { accept, locale, names, styles }) => {
  const passes = [...textsAt(rule, 'filters'), ...(flagAt(rule, 'custom') ? [] : PASSED_BY_DEFAULT)].map(
    (source) => new Pattern(source),
  );
  const accepted = wordsPattern([...accept, ...textsAt(rule, 'exceptions'), ...names.map(escaped)], '(?i)');
  const phrases = exceptionsOf([...accept, ...names.map(escaped)].filter((term) => /\s|\\s/.test(term)));
  const ignored = new Set(
    ignoreFiles(rule, styles).flatMap(({ text }) => (text ?? '').split('\n').map((line) => line.trim())),
  );
  const known = new Map<string, boolean>();
  const look = (word: string, dictionaries: readonly Speller[]): boolean =>
    ignored.has(word) ||
    ignored.has(word.toLowerCase()) ||
    passes.some((pattern) => pattern.test(textOf(word))) ||
    (accepted?.test(textOf(word)) ?? false) ||
    dictionaries.some((dictionary) => dictionary.correct(word));

  return () => {
    const dictionaries = spellersFor(rule, styles, locale);
    const isRight = (word: string): boolean => {
      const right = known.get(word) ?? look(word, dictionaries);
      known.set(word, right);
      return right;
    };
    return (view) =>
      WORDS.matches(view).flatMap(({ start, end, text }) => {
        const word = text.replaceAll('’', "'");
        if (isRight(word) || phrases.allow(view, [start, end])) return [];
        return [{ span: [start, end] as const, args: [word], replacements: [] }];
      });
  };
};
