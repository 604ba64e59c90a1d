import { describe, expect, test } from 'vitest';
import { rule as channel } from '../../rules/channel.ts';
import { rule as claims } from '../../rules/claims.ts';
import { rule as cta } from '../../rules/cta.ts';
import { rule as voice } from '../../rules/voice.ts';
import type { Rule } from '../contracts.ts';
import { showProblem } from '../errors.ts';
import { createLoader } from '../workspace.ts';

const rules = new Map<string, Rule>(
  [channel, claims, cta, voice].map((rule) => [rule.id, rule as unknown as Rule] as const),
);

const BASE = `version: 1.2.0
layer: base
about: What every asset keeps to.
rules:
  - id: plain-words
    type: voice
    severity: block
    params: { phrases: [delve, unlock] }
  - id: hints
    type: voice
    severity: warn
    params: { phrases: [leverage] }
  - id: post-length
    type: channel
    severity: block
    kinds: [social_post]
    params: { max_length: 300 }
  - id: calls
    type: cta
    severity: block
    kinds: [landing_page, email]
  - id: claims
    type: claims
    severity: block
    params: { forbid: [medical, financial] }
samples:
  - { rule: plain-words, pass: Open the door. }
  - { rule: plain-words, fail: Unlock the door. }
  - { rule: hints, pass: Use it. }
  - { rule: hints, fail: Leverage it. }
  - { rule: post-length, pass: Short. }
  - { rule: post-length, fail: Short., given: { channel: feed } }
  - { rule: claims, pass: Write it down. }
  - { rule: claims, fail: It cures you. }
`;

const PARTNER = `version: 0.1.0
layer: partner
about: What a partner adds.
extends: { pack: base, version: ^1.0.0 }
rules: []
`;

/** Problems of a pack beside the base pack, as file:line:column: message. */
function problemsOf(
  partner: string,
  { base = BASE, more = {} }: { base?: string; more?: Record<string, string> } = {},
) {
  const files = { 'policies/base.yaml': base, 'policies/partner.yaml': partner, ...more };
  const tree = new Map(Object.entries(files).map(([path, bytes]) => [path, { bytes }]));
  const loader = createLoader(tree, { channels: new Map(), rules });
  const loaded = loader.loadPack('partner');
  return loaded.ok ? [] : loaded.problems.map(showProblem);
}

test('a base pack that proves its rules is valid', () => {
  const tree = new Map([['policies/base.yaml', { bytes: BASE }]]);
  expect(createLoader(tree, { channels: new Map(), rules }).loadPack('base')).toMatchObject({ ok: true });
});

describe('a partner pack can only tighten', () => {
  test('five ways to weaken are five problems, each with its place', () => {
    const problems = problemsOf(`${PARTNER}tighten:
  - { rule: base/plain-words, disabled: true }
  - { rule: base/hints, severity: block }
  - { rule: base/post-length, params: { max_length: 900 } }
  - { rule: base/calls, kinds: [email] }
  - { rule: base/claims, params: { forbid: [medical] } }
  - { rule: base/nothing }
`);
    const only = 'a partner pack can only tighten';
    expect(problems).toEqual([
      `policies/partner.yaml:7:41: base/plain-words: disabled weakens it; ${only}`,
      `policies/partner.yaml:9:53: base/post-length: max_length 300 -> 900 weakens it; ${only}`,
      `policies/partner.yaml:10:32: base/calls: kinds landing_page, email -> email weakens it; ${only}`,
      `policies/partner.yaml:11:44: base/claims: forbid drops financial, which weakens it; ${only}`,
      expect.stringContaining(
        'policies/partner.yaml:12:13: tighten[5].rule is "base/nothing", expected one of base/plain-words',
      ),
    ]);
  });

  test.each<[string, string, string]>([
    ['a severity', 'rule: base/plain-words, severity: warn', 'severity block -> warn weakens it'],
    ['channels, where there were all', 'rule: base/calls, channels: [web]', 'channels all -> web weakens it'],
    [
      'a list that is written anew',
      'rule: base/plain-words, params: { phrases: [delve, seamless] }',
      'phrases drops unlock',
    ],
    ['a param without a direction', 'rule: base/post-length, params: { weighted: true }', 'weighted stays nothing'],
  ])('%s', (_what, entry, message) => {
    const problems = problemsOf(`${PARTNER}tighten:\n  - { ${entry} }\n`);
    expect(problems.join('\n')).toContain(message);
    expect(problems.filter((problem) => problem.includes('can only tighten'))).toHaveLength(1);
  });

  test('lists may grow, limits fall, scopes widen and warnings block', () => {
    expect(
      problemsOf(`${PARTNER}tighten:
  - { rule: base/plain-words, params: { phrases: [seamless] } }
  - { rule: base/hints, severity: block }
  - { rule: base/post-length, kinds: [social_post, email], params: { max_length: 200 } }
  - { rule: base/claims, params: { forbid: [medical, financial, guarantee] } }
samples:
  - { rule: base/plain-words, pass: Open it. }
  - { rule: base/plain-words, fail: Seamless. }
  - { rule: base/post-length, pass: Short. }
  - { rule: base/post-length, fail: Long. }
  - { rule: base/claims, pass: Write it down. }
  - { rule: base/claims, fail: We promise. }
`),
    ).toEqual([]);
  });

  test('an exception from the rule of another pack is refused', () => {
    const exception = `{ rule: base/plain-words, campaign: spring, asset: post-1, content: ${'a'.repeat(64)}, reason: A quote., owner: Ada, expires: 2027-01-01 }`;
    expect(problemsOf(`${PARTNER}exceptions:\n  - ${exception}\n`)[0]).toContain(
      'exceptions[0].rule is "base/plain-words", expected a rule of this pack, and there is none',
    );
  });
});

describe('extending', () => {
  test('needs a pack that is there, of an earlier layer, in a version that fits', () => {
    expect(problemsOf(PARTNER.replace('pack: base', 'pack: bass'))).toEqual([
      'policies/partner.yaml:4:18: extends.pack is "bass", did you mean "base"?',
    ]);
    expect(problemsOf(PARTNER.replace('^1.0.0', '^2.0.0'))).toEqual([
      'policies/partner.yaml:4:33: extends.version is "^2.0.0", but base has version 1.2.0',
    ]);
    expect(problemsOf(PARTNER.replace('layer: partner', 'layer: base'))).toEqual([
      'policies/partner.yaml:4:18: extends.pack is "base" of layer base, expected no pack, since it is of the first layer',
    ]);
  });

  test('reaches the packs below the extended one', () => {
    const tighten = `${PARTNER.replace('pack: base', 'pack: de')}tighten:\n  - { rule: base/hints, severity: block }\n`;
    const de = PARTNER.replace('layer: partner', 'layer: jurisdiction').replace('version: 0.1.0', 'version: 1.0.0');
    expect(problemsOf(tighten, { more: { 'policies/de.yaml': de } })).toEqual([]);
  });
});

describe('proof', () => {
  const rule = (params: string) => `${PARTNER.replace('rules: []\n', '')}rules:
  - id: words
    type: voice
    severity: block
    ${params}
`;

  test('a rule with params needs a sample that passes and one that fails', () => {
    expect(problemsOf(`${rule('params: { phrases: [delve] }')}samples:\n  - { rule: words, fail: Delve. }\n`)).toEqual([
      'policies/partner.yaml:6:9: words has params and no sample with pass, expected one of each in samples',
    ]);
  });

  test('a sample for no rule, and one that sets what is not there, are found', () => {
    const samples = `samples:
  - { rule: words, fail: Delve. }
  - { rule: words, pass: Look., given: { kid: email, day: soon } }
  - { rule: wrds, pass: Look. }
`;
    expect(problemsOf(rule('params: { phrases: [delve] }') + samples)).toEqual([
      'policies/partner.yaml:12:47: samples[1].given.kid is unknown, did you mean "kind"?',
      'policies/partner.yaml:12:59: samples[1].given.day is "soon", expected a day such as 2026-11-23',
      'policies/partner.yaml:13:13: samples[2].rule is "wrds", did you mean "words"?',
    ]);
  });

  test('a pattern that its type refuses is found at the params', () => {
    const claim = rule('params: { detect: [{ category: speed, pattern: "(" }] }').replace('voice', 'claims');
    const samples = 'samples:\n  - { rule: words, pass: A. }\n  - { rule: words, fail: B. }\n';
    expect(problemsOf(claim + samples)[0]).toMatch(/^policies\/partner\.yaml:9:13: rules\[0\]\.params: pattern "\("/);
  });
});

describe('styles', () => {
  const styled = (mapping: string) => `${PARTNER}styles:\n  - { path: policies/styles/House, ${mapping} }\n`;
  const more = {
    'policies/styles/House/Hype.yml': 'extends: existence\nmessage: "Avoid %s."\ntokens: [seamless]\nlevel: warning\n',
    'policies/styles/House/Terms.yml': 'extends: substitution\nmessage: "Use %s, not %s."\nswap: { utilize: use }\n',
  };

  test('are taken with the severities of the pack', () => {
    expect(problemsOf(styled('severity: block'), { more })).toEqual([]);
    expect(problemsOf(styled('severity: warn, rules: [{ rule: Hype, severity: block }]'), { more })).toEqual([]);
  });

  test('that cannot block are refused', () => {
    expect(problemsOf(styled('severity: warn'), { more })).toEqual([
      'policies/partner.yaml:7:46: styles[0] (policies/styles/House) leaves no rule that blocks: an imported style that cannot block protects nothing',
    ]);
  });

  test('with a severity for a rule that is not there are refused', () => {
    const problems = problemsOf(styled('severity: block, rules: [{ rule: House.Hipe, severity: warn }]'), { more });
    expect(problems).toEqual([
      'policies/partner.yaml:7:69: styles[0].rules[0].rule is "House.Hipe", did you mean "House.Hype"?',
    ]);
  });
});
