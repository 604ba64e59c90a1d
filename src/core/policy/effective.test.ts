import { describe, expect, test } from 'vitest';
import type { PolicyPack } from '../../generated/entities.ts';
import type { Named, Unit } from '../contracts.ts';
import { effectivePolicy } from './effective.ts';
import { exceptionsFor, exceptionsIn, exceptionsUsed } from './exceptions.ts';
import { exampleUnit } from './sample.ts';

const base: Named<PolicyPack> = {
  id: 'base',
  version: '1.0.0',
  layer: 'base',
  about: 'What no asset may do.',
  vocabulary: { accept: ['Acme'], reject: ['utili[sz]e'] },
  rules: [{ id: 'words', type: 'voice', severity: 'warn', params: { phrases: ['delve'] } }],
};
const de: Named<PolicyPack> = {
  id: 'de',
  version: '1.0.0',
  layer: 'jurisdiction',
  about: 'What holds in Germany.',
  extends: { pack: 'base', version: '^1.0.0' },
  jurisdictions: ['DE'],
  vocabulary: { accept: ['delve'], reject: ['e-Mail'] },
  rules: [],
  tighten: [{ rule: 'base/words', severity: 'block', params: { phrases: ['kostenlos'] } }],
};

const unitOf = (policies: readonly Named<PolicyPack>[], changes: Partial<Unit['campaign']> = {}): Unit => ({
  ...exampleUnit,
  policies,
  campaign: { ...exampleUnit.campaign, policies: policies.map(({ id }) => id), ...changes },
});

describe('a tightened rule', () => {
  const { rules } = effectivePolicy(unitOf([de, base]));

  test('is judged beside its stricter variant, and stays as it is', () => {
    expect(rules.map(({ name, severity, params }) => ({ name, severity, params }))).toEqual([
      { name: 'base/words', severity: 'warn', params: { phrases: ['delve'] } },
      { name: 'base/words@de', severity: 'block', params: { phrases: ['delve', 'kostenlos'] } },
    ]);
  });

  test('takes words to reject from the later pack, and none to accept', () => {
    expect(rules[1]?.vocabulary).toEqual({ accept: ['Acme'], reject: ['utili[sz]e', 'e-Mail'] });
  });

  test('is all there is where the later pack does not apply', () => {
    const policy = effectivePolicy(unitOf([base, de], { jurisdictions: ['US'] }));
    expect(policy.rules.map(({ name }) => name)).toEqual(['base/words']);
    expect(policy.packs).toEqual([base]);
  });
});

test('another file of a style is another policy', () => {
  const path = 'policies/styles/House';
  const styled = { ...base, styles: [{ path, severity: 'block' as const }] };
  const rule = (word: string) => `extends: existence\nmessage: "Avoid %s."\ntokens: [${word}]\n`;
  const hash = (word: string) =>
    effectivePolicy({ ...unitOf([styled]), styles: new Map([[`${path}/Hype.yml`, rule(word)]]) });
  expect(hash('seamless').rules.map(({ name, type }) => [name, type])).toContainEqual(['base/House.Hype', 'prose']);
  expect(hash('seamless').hash).not.toBe(hash('effortless').hash);
  expect(hash('seamless').hash).toBe(hash('seamless').hash);
});

describe('an exception', () => {
  const content = 'a'.repeat(64);
  const exception = {
    rule: 'base/words',
    campaign: 'found-again',
    asset: 'post-1',
    content,
    reason: 'A quote.',
    owner: 'Ada',
  };
  const subject = { campaign: 'found-again', asset: 'post-1', content };

  test('is for one content of one asset', () => {
    const packs = [{ ...base, exceptions: [{ ...exception, expires: '2027-01-01' }] }];
    expect(exceptionsFor({ packs }, [subject]).map(({ rule }) => rule)).toEqual(['base/words']);
    expect(exceptionsFor({ packs }, [{ ...subject, content: 'b'.repeat(64) }])).toEqual([]);
    expect(exceptionsFor({ packs }, [{ ...subject, asset: 'post-2' }])).toEqual([]);
  });

  test('of a later pack is from its own variant, never from the rule of the earlier one', () => {
    const packs = [base, { ...de, exceptions: [{ ...exception, expires: '2027-01-01' }] }];
    expect(exceptionsFor({ packs }, [subject]).map(({ rule }) => rule)).toEqual(['base/words@de']);
  });

  test('is counted with its rule, its asset and its last day', () => {
    const used = { ...exception, expires: '2027-01-01' };
    expect(exceptionsUsed([used])).toBe('1 exception used: base/words on found-again/post-1 until 2027-01-01');
    expect(exceptionsUsed([used, { ...used, asset: 'post-2' }])).toMatch(/^2 exceptions used: .*post-1 .*; .*post-2 /);
  });

  test('is told from a verdict for as long as it holds', () => {
    const { rule, reason, owner } = exception;
    const verdict = { exceptions: [{ rule, reason, owner, expires: '2027-01-01' }] };
    const told = (today: string) => exceptionsIn('found-again', new Map([['post-1', verdict]]), today);
    expect(told('2026-12-31')).toMatchObject([{ campaign: 'found-again', asset: 'post-1', rule: 'base/words' }]);
    expect(told('2027-01-01')).toEqual([]);
  });
});
