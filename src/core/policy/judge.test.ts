import { describe, expect, test } from 'vitest';
import type { Asset, Verdict } from '../../generated/entities.ts';
import { deadlineOf } from '../../shell/deadline.ts';
import type { Deadline, MadeAsset, Rule } from '../contracts.ts';
import { documentOf } from '../document.ts';
import { CannotJudge, DeadlineExceeded } from '../errors.ts';
import { filesDigest } from '../hash.ts';
import type { EffectivePolicy, EffectiveRule } from './effective.ts';
import { judge, needsOf } from './judge.ts';
import { exampleContextWith } from './sample.ts';

const says = (id: string, check: Rule['check'], more: Partial<Rule> = {}): Rule => ({
  id,
  about: id,
  params: {},
  check,
  examples: { pass: [], fail: [] },
  ...more,
});

const saysIfIn = (id: string, word: string): Rule =>
  says(id, ({ parts: [part] }) =>
    part?.source.includes(word)
      ? [
          {
            message: `${word} is there`,
            file: part.file,
            line: 1,
            column: 1,
            excerpt: word,
            fix: { from: word, to: 'x' },
          },
        ]
      : [],
  );

const rule = (name: string, more: Partial<EffectiveRule> = {}): EffectiveRule => ({
  name: `base/${name}`,
  type: name,
  severity: 'block',
  params: {},
  vocabulary: { accept: [], reject: [] },
  ...more,
});

const policyOf = (...rules: EffectiveRule[]): EffectivePolicy => ({ packs: [], rules, hash: 'f'.repeat(64) });

function madeOf(text: string, more: Partial<Asset> = {}): MadeAsset {
  const files = new Map([['post.txt', text]]);
  return {
    id: 'post',
    campaign: 'spring',
    asset: { kind: 'social_post', channel: 'feed', attempt: 1, content: filesDigest(files), ...more } as Asset,
    files,
  };
}

const forEver: Deadline = (work) => work();
const types = (...rules: Rule[]): ReadonlyMap<string, Rule> => new Map(rules.map((one) => [one.id, one]));

function verdictOn(
  made: MadeAsset,
  policy: EffectivePolicy,
  known: ReadonlyMap<string, Rule>,
  more: object = {},
): Verdict {
  return judge({
    made,
    document: documentOf('social_post', made.files),
    campaign: 'spring',
    policy,
    types: known,
    context: exampleContextWith(),
    within: forEver,
    grounds: '0'.repeat(64),
    before: undefined,
    isOut: false,
    ...more,
  });
}

const bad = saysIfIn('words', 'bad');
const words = policyOf(rule('words'));

describe('a rule that cannot judge has not passed anything', () => {
  test('one that throws is an error with its reason, and the other rules are judged all the same', () => {
    const broken = says('broken', () => {
      throw new CannotJudge('no dictionary for gsw', 'unknown_locale');
    });
    const verdict = verdictOn(madeOf('bad'), policyOf(rule('broken'), rule('words')), types(broken, bad));
    expect(verdict).toMatchObject({ result: 'error', reason: 'unknown_locale' });
    expect(verdict.rules).toEqual([
      { rule: 'base/broken', result: 'error', why: 'no dictionary for gsw' },
      { rule: 'base/words', result: 'fail' },
    ]);
  });

  test('one that does not end is named, and the others are judged all the same', () => {
    const endless = says('endless', () => {
      throw new DeadlineExceeded(2000);
    });
    const within: Deadline = (work) => work();
    const verdict = verdictOn(madeOf('fine'), policyOf(rule('endless'), rule('words')), types(endless, bad), {
      within,
    });
    expect(verdict).toMatchObject({ result: 'error', reason: 'deadline' });
    expect(verdict.rules[1]).toEqual({ rule: 'base/words', result: 'pass' });
  });

  test('the one at work when the time is up is named, and none is judged twice', () => {
    const judged: string[] = [];
    const noted = (id: string, work: () => void = () => undefined) =>
      says(id, () => {
        judged.push(id);
        work();
        return [];
      });
    const endless = noted('endless', () => void /(a+)+$/.test(`${'a'.repeat(60)}!`));
    const names = ['one', 'endless', 'two', 'three'];
    const verdict = verdictOn(
      madeOf('fine'),
      policyOf(...names.map((name) => rule(name))),
      types(noted('one'), endless, noted('two'), noted('three')),
      { within: deadlineOf(100) },
    );
    expect(verdict.rules.map(({ result }) => result)).toEqual(['pass', 'error', 'pass', 'pass']);
    expect(judged).toEqual(names);
  });

  test('one that was not told what it needs blocks, and says what is missing', () => {
    const blind = says('blind', () => ({ notEvaluated: 'no browser' }), { needs: ['browser'] });
    const policy = policyOf(rule('blind'));
    expect(verdictOn(madeOf('fine'), policy, types(blind))).toMatchObject({
      result: 'blocked',
      reason: 'no_browser',
      rules: [{ rule: 'base/blind', result: 'not-evaluated', why: 'no browser' }],
    });
    const document = documentOf('social_post', new Map());
    expect(needsOf(policy, types(blind), { document })).toEqual(['browser']);
  });

  test('where it only warns, it holds nothing up', () => {
    const blind = says('blind', () => ({ notEvaluated: 'no browser' }), { needs: ['browser'] });
    const verdict = verdictOn(madeOf('fine'), policyOf(rule('blind', { severity: 'warn' })), types(blind));
    expect(verdict.result).toBe('pass');
    expect(verdict.rules[0]?.result).toBe('not-evaluated');
  });
});

describe('repairs end', () => {
  const attempt = (number: number, text: string, before: Verdict) =>
    verdictOn(madeOf(text, { attempt: number }), words, types(bad), { before });
  const many = saysIfIn('words', 'bad');
  const byText = says('words', ({ parts: [part] }) => [
    { message: 'no', file: 'post.txt', line: 1, column: 1, excerpt: part?.source ?? '' },
  ]);

  test('when a repair leaves exactly what was found', () => {
    const first = verdictOn(madeOf('bad one'), words, types(many));
    expect(first).toMatchObject({ result: 'deny', reason: 'finding', attempt: 1 });
    expect(attempt(2, 'bad two', first)).toMatchObject({ result: 'reject', reason: 'no_progress', attempt: 2 });
  });

  test('when a repair comes back to what was denied before', () => {
    const go = (number: number, text: string, before?: Verdict) =>
      verdictOn(madeOf(text, { attempt: number }), words, types(byText), { before });
    const third = go(3, 'one', go(2, 'two', go(1, 'one')));
    expect(third).toMatchObject({ result: 'reject', reason: 'oscillation' });
    expect(third.history.map((one) => one.attempt)).toEqual([1, 2]);
  });

  test('after the third of them', () => {
    const go = (number: number, text: string, before?: Verdict) =>
      verdictOn(madeOf(text, { attempt: number }), words, types(byText), { before });
    const results: Verdict[] = [];
    for (const text of ['a', 'b', 'c', 'd']) results.push(go(results.length + 1, text, results.at(-1)));
    expect(results.map(({ result }) => result)).toEqual(['deny', 'deny', 'deny', 'reject']);
    expect(results.at(-1)?.reason).toBe('repairs_exhausted');
  });

  test('before they begin where a secret was found: it is not given to a copy engine', () => {
    const leak = saysIfIn('leak', 'bad');
    const verdict = verdictOn(madeOf('bad'), policyOf(rule('leak')), types(leak));
    expect(verdict).toMatchObject({ result: 'reject', reason: 'not_repairable' });
  });

  test('a safe fix is no repair: the same findings after it leave all of them', () => {
    const first = verdictOn(madeOf('bad one'), words, types(many));
    const fixed = verdictOn(madeOf('bad 1', { fixes: [] }), words, types(many), { before: first });
    expect(fixed).toMatchObject({ result: 'deny', attempt: 1 });
  });
});

test('what is on the line of a secret is not repeated by another rule', () => {
  const leak = says('leak', () => [{ message: 'a key', file: 'post.txt', line: 1, column: 5, excerpt: 'AKIA…' }]);
  const verdict = verdictOn(madeOf('bad AKIA\nbad'), policyOf(rule('words'), rule('leak')), types(leak, bad));
  expect(verdict.findings.map(({ excerpt }) => excerpt)).toEqual([undefined, 'AKIA…']);
  expect(verdict.findings[0]?.message).toMatch(/^withheld/);
});

test('a fix is passed on only where the pack calls it safe', () => {
  const plain = verdictOn(madeOf('bad'), words, types(bad));
  const safe = verdictOn(madeOf('bad'), policyOf(rule('words', { fix: 'safe' })), types(bad));
  expect(plain.findings[0]?.fix).toBeUndefined();
  expect(safe.findings[0]?.fix).toEqual({ from: 'bad', to: 'x' });
});

test('a rule is applied to the kinds, channels and campaigns that it names, and listed where it is not', () => {
  const elsewhere = [{ kinds: ['email' as const] }, { channels: ['outbox'] }, { campaigns: ['autumn'] }];
  for (const scope of elsewhere) {
    const verdict = verdictOn(madeOf('bad'), policyOf(rule('words', scope)), types(bad));
    expect(verdict).toMatchObject({ result: 'pass', rules: [{ rule: 'base/words', result: 'not-applicable' }] });
  }
});

describe('an exception', () => {
  const made = madeOf('bad');
  const exception = {
    rule: 'base/words',
    campaign: 'spring',
    asset: 'post',
    content: made.asset.content,
    reason: 'A quotation.',
    owner: 'ada@example.com',
    expires: '2027-01-01',
  };
  const policy: EffectivePolicy = {
    ...words,
    packs: [{ id: 'base', version: '1.0.0', about: 'x', layer: 'base', rules: [], exceptions: [exception] }],
  };

  test('lets exactly the content through that was looked at, and is told in the verdict', () => {
    const verdict = verdictOn(made, policy, types(bad));
    expect(verdict).toMatchObject({ result: 'pass', packs: ['base 1.0.0'] });
    expect(verdict.exceptions).toEqual([
      { rule: 'base/words', reason: 'A quotation.', owner: 'ada@example.com', expires: '2027-01-01' },
    ]);
    expect(verdictOn(madeOf('bad!'), policy, types(bad)).result).toBe('deny');
  });

  test('that has expired is an error, not a pass', () => {
    const context = exampleContextWith({ now: '2027-02-01T00:00:00Z' });
    expect(verdictOn(made, policy, types(bad), { context })).toMatchObject({
      result: 'error',
      reason: 'exception_expired',
    });
  });
});
