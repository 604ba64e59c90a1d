import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Rule } from '../contracts.ts';
import { type Tightening, variantOf, weakeningsOf } from './tighten.ts';

const rule = {
  id: 'pace',
  type: 'frequency',
  severity: 'warn',
  kinds: ['social_post'],
  params: {
    max: 3,
    gap: 90,
    quiet: { from: '21:00', to: '07:00' },
    words: ['one', 'two'],
    swap: { a: 'b' },
    on: false,
  },
} as const;

const directions: Rule['tighten'] = {
  max: 'lower',
  'more.max': 'lower',
  gap: 'raise',
  'quiet.from': 'earlier',
  'quiet.to': 'later',
  words: 'add',
  swap: 'add',
  on: 'turn-on',
};

const messages = (tightening: Omit<Tightening, 'rule'>): string[] =>
  weakeningsOf({ rule: 'base/pace', ...tightening }, rule, directions).map(({ message }) => message);

describe('what is tighter', () => {
  test.each<[string, Tightening['params']]>([
    ['a lower limit', { max: 2 }],
    ['a limit where there was none', { more: { max: 1 } }],
    ['a higher minimum', { gap: 120 }],
    ['an earlier evening', { quiet: { from: '20:00' } }],
    ['a later morning', { quiet: { to: '08:30' } }],
    ['an item more', { words: ['three'] }],
    ['the whole list with an item more', { words: ['two', 'one', 'three'] }],
    ['a pair more', { swap: { c: 'd' } }],
    ['a switch turned on', { on: true }],
    ['the same again', { max: 3, words: ['one', 'two'], on: false }],
  ])('%s', (_what, params) => {
    expect(messages({ params })).toEqual([]);
  });

  test.each<[Tightening['params'], string]>([
    [{ max: 4 }, 'max 3 -> 4 weakens it'],
    [{ gap: 60 }, 'gap 90 -> 60 weakens it'],
    [{ quiet: { from: '22:00' } }, 'quiet.from 21:00 -> 22:00 weakens it'],
    [{ quiet: { from: '08:30' } }, 'quiet.from 21:00 -> 08:30 weakens it'],
    [{ quiet: { to: '06:00' } }, 'quiet.to 07:00 -> 06:00 weakens it'],
    [{ words: ['one'] }, 'words drops two, which weakens it'],
    [{ words: 'one' }, 'words ["one","two"] -> one weakens it'],
    [{ swap: { a: 'c' } }, 'swap.a b -> c weakens it'],
    [{ other: 1 }, 'other stays nothing, since 1 is not known to be tighter'],
    [{ quiet: { zone: 'UTC' } }, 'quiet.zone stays nothing, since UTC is not known to be tighter'],
  ])('not %j', (params, message) => {
    expect(messages({ params })).toEqual([message]);
  });

  test('not another scope or a lower severity', () => {
    expect(messages({ kinds: ['email'] })).toEqual(['kinds social_post -> email weakens it']);
    expect(messages({ channels: ['web'] })).toEqual(['channels all -> web weakens it']);
    expect(messages({ kinds: ['email', 'social_post'], severity: 'block' })).toEqual([]);
    expect(weakeningsOf({ rule: 'base/pace', severity: 'warn' }, { ...rule, severity: 'block' })).toEqual([
      { pointer: ['severity'], message: 'severity block -> warn weakens it' },
    ]);
  });

  test('nothing at all of a type that names no directions', () => {
    expect(weakeningsOf({ rule: 'base/pace', params: { max: 1 } }, rule)).toHaveLength(1);
  });
});

test('a variant has all that its rule has, and what was added', () => {
  const variant = variantOf(rule, {
    rule: 'base/pace',
    severity: 'block',
    params: { max: 1, words: ['three'], quiet: { to: '08:00' } },
  });
  expect(variant).toEqual({
    ...rule,
    severity: 'block',
    params: {
      ...rule.params,
      max: 1,
      words: ['one', 'two', 'three'],
      quiet: { from: '21:00', to: '08:00' },
    },
  });
});

test('no sound tightening ever loses an item, a limit or a kind', () => {
  const kinds = fc.subarray(['landing_page', 'email', 'social_post'] as const, { minLength: 1 });
  const words = fc.array(fc.constantFrom('one', 'two', 'three', 'four'), { maxLength: 4 });
  const params = fc.record({ max: fc.integer({ min: 0, max: 6 }), words }, { requiredKeys: [] });
  const tightening = fc.record({ kinds, params, severity: fc.constantFrom('block', 'warn') }, { requiredKeys: [] });
  fc.assert(
    fc.property(tightening, (given) => {
      const asked = { rule: 'base/pace', ...given } as Tightening;
      if (weakeningsOf(asked, rule, directions).length > 0) return;
      const variant = variantOf(rule, asked);
      const { max, words: all } = variant.params as { max: number; words: string[] };
      expect(max).toBeLessThanOrEqual(rule.params.max);
      expect(all).toEqual(expect.arrayContaining([...rule.params.words]));
      expect(variant.kinds).toContain('social_post');
    }),
  );
});
