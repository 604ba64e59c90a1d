/** Vale rules made ready to run, once for each, and what is wrong with them. */
import type { Files } from '../contracts.ts';
import { CannotJudge } from '../errors.ts';
import { actionProblems } from './actions.ts';
import { capitalization } from './capitalization.ts';
import { conditional } from './conditional.ts';
import { consistency } from './consistency.ts';
import { isDead } from './dead.ts';
import { actionOf, type Kind, keyProblems, kindOf, pairsAt, textsAt, type ValeRule } from './definition.ts';
import { existence, isWordRule } from './existence.ts';
import type { Compile, Matcher, Setting } from './matcher.ts';
import { metric, readability } from './metric.ts';
import { occurrence } from './occurrence.ts';
import { repetition } from './repetition.ts';
import { type Scope, scopeOf, unknownSections } from './scope.ts';
import { sequence, stepProblems } from './sequence.ts';
import { spelling, spellingProblems } from './spelling.ts';
import { substitution } from './substitution.ts';

const COMPILERS: Readonly<Record<Kind, Compile>> = {
  existence,
  substitution,
  occurrence,
  repetition,
  consistency,
  conditional,
  capitalization,
  metric,
  readability,
  spelling,
  sequence,
};

/** Where kinds look that do not say so, or say text and mean the whole of it. */
const DEFAULT_SCOPE: Readonly<Partial<Record<Kind, string>>> = {
  metric: 'summary',
  readability: 'summary',
  sequence: 'sentence',
};

function scopeFor(rule: ValeRule, kind: Kind): Scope {
  const written = textsAt(rule, 'scope');
  const isDefault = written.length === 0 || (written.length === 1 && written[0] === 'text');
  if (isDefault) return scopeOf([DEFAULT_SCOPE[kind] ?? 'text']);
  return scopeOf(
    kind === 'sequence' ? written.map((one) => (/sentence/.test(one) ? one : `${one} & sentence`)) : written,
  );
}

export interface Compiled {
  readonly kind: Kind;
  readonly scope: Scope;
  readonly begin: Matcher;
}

/** @throws SyntaxError */
function compile(rule: ValeRule, kind: Kind, setting: Setting): Compiled {
  return { kind, scope: scopeFor(rule, kind), begin: COMPILERS[kind](rule, setting) };
}

const emptySetting = (styles: Files): Setting => ({ accept: [], reject: ['x'], locale: 'en', names: [], styles });

function compileProblems(rule: ValeRule, kind: Kind, styles: Files): string[] {
  try {
    compile(rule, kind, emptySetting(styles));
    return [];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [error.message];
  }
}

/** Why a rule cannot run: what nobody may overlook. */
export function ruleProblems(rule: ValeRule, styles: Files): string[] {
  const kind = kindOf(rule);
  const keys = keyProblems(rule);
  if (!kind || keys.length > 0) return keys;
  const action = actionOf(rule);
  const problems = [
    ...(action ? actionProblems(action) : []),
    ...unknownSections(scopeFor(rule, kind)).map((section) => `scope ${section} is not known`),
    ...(kind === 'sequence' ? stepProblems(rule) : []),
    ...(kind === 'spelling' ? spellingProblems(rule, styles) : []),
    ...(kind === 'existence' && rule['tokens'] === undefined && rule['raw'] === undefined
      ? ['tokens are missing; an empty list stands for the rejected words of the vocabulary']
      : []),
  ];
  return problems.length > 0 ? problems : compileProblems(rule, kind, styles);
}

/** Tokens of a rule that stand between word edges. */
function boundedTokens(rule: ValeRule): string[] {
  if (!isWordRule(rule)) return [];
  if (rule['extends'] === 'existence') return textsAt(rule, 'tokens');
  if (rule['extends'] === 'substitution') return pairsAt(rule, 'swap').map(([from]) => from);
  return rule['extends'] === 'consistency' ? pairsAt(rule, 'either').flat() : [];
}

/** Tokens that never match although they compile. */
export const deadTokens = (rule: ValeRule): string[] =>
  boundedTokens(rule)
    .filter(isDead)
    .map((token) => `token "${token}" never matches: it begins or ends in a sign, so it needs nonword: true`);

const compiledRules = new WeakMap<ValeRule, WeakMap<Files, Map<string, Compiled>>>();

/**
 * A rule ready to run, made once for the same rule object and setting.
 * @throws CannotJudge for a rule that has problems
 */
export function compiledRule(rule: ValeRule, setting: Setting): Compiled {
  const { styles, ...rest } = setting;
  const byStyles = compiledRules.get(rule) ?? new WeakMap<Files, Map<string, Compiled>>();
  compiledRules.set(rule, byStyles);
  const bySetting = byStyles.get(styles) ?? new Map<string, Compiled>();
  byStyles.set(styles, bySetting);
  const key = JSON.stringify(rest);
  const known = bySetting.get(key);
  if (known) return known;
  const compiled = checked(rule, setting);
  bySetting.set(key, compiled);
  return compiled;
}

function checked(rule: ValeRule, setting: Setting): Compiled {
  const kind = kindOf(rule);
  const [problem] = keyProblems(rule);
  if (!kind || problem !== undefined) throw new CannotJudge(problem ?? 'extends is missing');
  try {
    return compile(rule, kind, setting);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CannotJudge(error.message);
  }
}
