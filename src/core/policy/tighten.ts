/** How a later layer may change a rule of an earlier one: only so that it denies more. */
import type { PolicyPack } from '../../generated/entities.ts';
import type { Direction, Rule } from '../contracts.ts';
import type { Pointer } from '../documents.ts';
import { canonicalJson } from '../hash.ts';

type PackRule = PolicyPack['rules'][number];
export type Tightening = NonNullable<PolicyPack['tighten']>[number];
type Mapping = Readonly<Record<string, unknown>>;

/** What is wrong at a place of a tightening. */
export interface Weakening {
  readonly pointer: Pointer;
  /** Such as "severity block -> warn weakens it". */
  readonly message: string;
}

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSame = (one: unknown, other: unknown): boolean => canonicalJson(one ?? null) === canonicalJson(other ?? null);

const shown = (value: unknown): string =>
  value === undefined ? 'nothing' : typeof value === 'string' ? value : canonicalJson(value).slice(0, 80);

const change = (name: string, before: unknown, given: unknown): string =>
  `${name} ${shown(before)} -> ${shown(given)} weakens it`;

/**
 * A list that shares no item with the one before is meant to be added to it. One that repeats some items and lacks
 * others was written in its place, and would drop them if lists were not united.
 */
function dropped(before: readonly unknown[], given: readonly unknown[]): unknown[] {
  const has = (list: readonly unknown[], item: unknown): boolean => list.some((other) => isSame(other, item));
  return before.some((item) => has(given, item)) ? before.filter((item) => !has(given, item)) : [];
}

function addFault(name: string, before: unknown, given: unknown): string | undefined {
  if (before === undefined) return undefined;
  if (Array.isArray(before) && Array.isArray(given)) {
    const lacking = dropped(before, given);
    return lacking.length > 0 ? `${name} drops ${lacking.map(shown).join(', ')}, which weakens it` : undefined;
  }
  if (isMapping(before) && isMapping(given)) {
    const changed = Object.keys(given).find((key) => before[key] !== undefined && !isSame(before[key], given[key]));
    return changed === undefined ? undefined : change(`${name}.${changed}`, before[changed], given[changed]);
  }
  return change(name, before, given);
}

const DAY_MINUTES = 24 * 60;

/** Minutes since midnight of a time such as 21:30. */
function minutesOf(time: unknown): number | undefined {
  const [, hour, minute] = /^(\d{2}):(\d{2})$/.exec(String(time)) ?? [];
  return hour === undefined ? undefined : Number(hour) * 60 + Number(minute);
}

/** Of two ways around the clock the shorter one is meant: from 00:30 to 23:30 is earlier, by an hour. */
function isMoved(before: unknown, given: unknown, way: 1 | -1): boolean {
  const [from, to] = [minutesOf(before), minutesOf(given)];
  if (from === undefined || to === undefined) return false;
  return ((((to - from) * way) % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES < DAY_MINUTES / 2;
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

/** Whether a given value is at least as tight as the one before it; where there was none, any limit is tighter. */
const ways: Readonly<Record<Exclude<Direction, 'add'>, (before: unknown, given: unknown) => boolean>> = {
  lower: (before, given) => before === undefined || (isNumber(before) && isNumber(given) && given <= before),
  raise: (before, given) => before === undefined || (isNumber(before) && isNumber(given) && given >= before),
  'turn-on': (before, given) => given === true || before !== true,
  earlier: (before, given) => before === undefined || isMoved(before, given, -1),
  later: (before, given) => before === undefined || isMoved(before, given, 1),
};

function paramWeakenings(
  before: unknown,
  given: unknown,
  path: readonly string[],
  directions: Readonly<Record<string, Direction>>,
): Weakening[] {
  if (isSame(before, given)) return [];
  const name = path.join('.');
  const direction = directions[name];
  const pointer = ['params', ...path];
  if (direction === 'add') {
    const message = addFault(name, before, given);
    return message === undefined ? [] : [{ pointer, message }];
  }
  if (direction !== undefined) {
    return ways[direction](before, given) ? [] : [{ pointer, message: change(name, before, given) }];
  }
  if (isMapping(given) && (before === undefined || isMapping(before))) {
    return Object.entries(given).flatMap(([key, value]) =>
      paramWeakenings(before?.[key], value, [...path, key], directions),
    );
  }
  return [{ pointer, message: `${name} stays ${shown(before)}, since ${shown(given)} is not known to be tighter` }];
}

function scopeWeakening(
  key: 'kinds' | 'channels',
  before: readonly string[] | undefined,
  given: readonly string[] | undefined,
): Weakening[] {
  if (given === undefined) return [];
  const isWide = before?.every((item) => given.includes(item)) === true;
  const from = before?.join(', ') ?? 'all';
  return isWide ? [] : [{ pointer: [key], message: `${key} ${from} -> ${given.join(', ')} weakens it` }];
}

/**
 * Every attempt of a tightening to weaken its rule.
 *
 * @param directions  of the rule's type; without them no param can be changed
 */
export function weakeningsOf(
  { severity, disabled, kinds, channels, params = {} }: Tightening,
  rule: PackRule,
  directions: Rule['tighten'] = {},
): Weakening[] {
  return [
    ...(disabled === true ? [{ pointer: ['disabled'], message: 'disabled weakens it' }] : []),
    ...(severity === 'warn' && rule.severity === 'block'
      ? [{ pointer: ['severity'], message: change('severity', rule.severity, severity) }]
      : []),
    ...scopeWeakening('kinds', rule.kinds, kinds),
    ...scopeWeakening('channels', rule.channels, channels),
    ...Object.entries(params).flatMap(([key, value]) => paramWeakenings(rule.params?.[key], value, [key], directions)),
  ];
}

/** Lists are united, mappings merged, and everything else is what was given: `weakeningsOf` says whether it may be. */
function combined(before: unknown, given: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(given)) {
    return [...before, ...given.filter((item) => !before.some((other) => isSame(other, item)))];
  }
  return isMapping(before) && isMapping(given) ? combinedParams(before, given) : given;
}

const combinedParams = (before: Mapping, given: Mapping): Mapping => ({
  ...before,
  ...Object.fromEntries(Object.entries(given).map(([key, value]) => [key, combined(before[key], value)])),
});

/** The stricter variant of a rule; the rule itself stays and is judged too, so a variant cannot let anything through. */
export const variantOf = (rule: PackRule, { severity, kinds, channels, params = {} }: Tightening): PackRule => ({
  ...rule,
  ...(severity === undefined ? {} : { severity }),
  ...(kinds === undefined ? {} : { kinds }),
  ...(channels === undefined ? {} : { channels }),
  params: combinedParams(rule.params ?? {}, params),
});

/** base/plain-words -> its pack and the name in it. */
export function splitRule(name: string): { readonly pack: string; readonly rule: string } {
  const slash = name.indexOf('/');
  return { pack: name.slice(0, slash), rule: name.slice(slash + 1) };
}

/** How a message ends: what such a pack may do. */
export const onlyTighten = (name: string, layer: string, { message }: Weakening): string =>
  `${name}: ${message}; a ${layer} pack can only tighten`;
