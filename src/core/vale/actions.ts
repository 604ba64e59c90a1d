/** What a rule's action makes of the words that were found. */
import type { Action, Kind } from './definition.ts';
import { Pattern, textOf } from './pattern.ts';

const ACTIONS = ['replace', 'remove', 'edit', 'suggest', 'convert'];

/** Edit -> how many params it takes after its name. */
const EDITS: Readonly<Record<string, number>> = {
  regex: 2,
  trim: 1,
  trim_left: 1,
  trim_right: 1,
  truncate: 1,
  split: 2,
};

export function actionProblems({ name, params }: Action): string[] {
  if (!ACTIONS.includes(name)) return [`action ${name} is not known, expected one of ${ACTIONS.join(', ')}`];
  if (name !== 'edit') return [];
  const [edit = '', ...args] = params;
  const count = EDITS[edit];
  if (count === undefined) return [`edit ${edit} is not known, expected one of ${Object.keys(EDITS).join(', ')}`];
  return args.length === count ? [] : [`edit ${edit} takes ${count} params, not ${args.length}`];
}

function trimmed(text: string, characters: string, sides: 'left' | 'right' | 'both'): string {
  const cut = new Set(characters);
  let start = 0;
  let end = text.length;
  while (sides !== 'right' && start < end && cut.has(text.charAt(start))) start += 1;
  while (sides !== 'left' && end > start && cut.has(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function edited(words: string, [edit, first = '', second = '']: readonly string[]): string {
  if (edit === 'regex') return new Pattern(first).replace(textOf(words), second);
  if (edit === 'truncate') return words.split(first)[0] ?? words;
  if (edit === 'split') return words.split(first)[Number(second)] ?? words;
  return trimmed(words, first, edit === 'trim_left' ? 'left' : edit === 'trim_right' ? 'right' : 'both');
}

/** Words to replace, and what with. */
export interface Replacement {
  readonly from: string;
  readonly options: readonly string[];
}

/** Spaces around the words stay, unless they are what the action is about. */
export function replacementOf({ name, params }: Action, found: string): Replacement {
  const isAboutSpaces = name === 'edit' && (params[1] ?? '').trim() === '' && (params[0] ?? '').startsWith('trim');
  const from = isAboutSpaces ? found : found.trim();
  if (name === 'replace') return { from, options: params };
  if (name === 'remove') return { from, options: [''] };
  return { from, options: name === 'edit' ? [edited(from, params).trim()] : [] };
}

const lettersOf = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, '');

/** Words that stand for more than one, such as pilot(s). */
const IS_A_CHOICE = /\(\w+\)|\sor\s/;

/** The replacement, when it is the only one and no word is lost by it that the rule does not name. */
export function safeFix(kind: Kind, { from, options }: Replacement): { from: string; to: string } | undefined {
  const [to] = options;
  if (to === undefined || options.length > 1 || from.trim() === '' || from === to || IS_A_CHOICE.test(to)) {
    return undefined;
  }
  const isNamed = kind === 'substitution' || kind === 'repetition';
  return isNamed || lettersOf(from) === lettersOf(to) ? { from, to } : undefined;
}
