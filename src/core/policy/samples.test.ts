import { beforeAll, describe, expect, test } from 'vitest';
import type { PolicyPack } from '../../generated/entities.ts';
import * as registry from '../../generated/registry.ts';
import type { Named } from '../contracts.ts';
import { showProblem } from '../errors.ts';
import { createLoader } from '../workspace.ts';
import type { FindPack } from './effective.ts';
import type { RuleTypes } from './judge.ts';
import { provePack, type Sample, unproven } from './samples.ts';
import type { Tightening } from './tighten.ts';

/** One rule of each type, with the samples that prove it. */
const EVERYTHING = `version: 1.0.0
layer: base
about: One rule of each type.
rules:
  - { id: accessible, type: accessibility, severity: block }
  - { id: barrier, type: browser, severity: block }
  - { id: length, type: channel, severity: block, kinds: [social_post], params: { max_length: 30 } }
  - { id: claims, type: claims, severity: block, params: { forbid: [medical], detect: [{ category: speed, pattern: '\\bin no time\\b' }] } }
  - { id: calls, type: cta, severity: block }
  - { id: imprint, type: disclaimer, severity: block, kinds: [landing_page], params: { any_of: ['\\bImprint\\b'], in: [a] } }
  - { id: mail, type: email, severity: block, params: { list_unsubscribe: one-click, subject_max: 20, plain_text_part: true } }
  - { id: no-query, type: expr, severity: block, params: { expr: "asset.links.all(l, !l.url.contains('?'))", message: No query. } }
  - { id: pace, type: frequency, severity: block, params: { max_per_day: 1, quiet_hours: { from: '21:00', to: '07:00' } } }
  - { id: sound, type: html, severity: block }
  - { id: secrets, type: leak, severity: block }
  - { id: links, type: links, severity: block }
  - { id: alive, type: live_links, severity: block }
  - { id: price, type: price, severity: block, params: { constraints: { max: 10 } } }
  - { id: terms, type: prose, severity: block, fix: safe, params: { vale: { extends: substitution, message: "Use '%s' instead of '%s'.", ignorecase: true, action: { name: replace }, swap: { utilize: use } } } }
  - { id: words, type: voice, severity: block, params: { phrases: [delve] } }
samples:
  - { rule: length, pass: Write it down., given: { channel: bulletin } }
  - { rule: length, fail: Write it down and then move on to the next thing. }
  - { rule: claims, pass: Northwind saves each note within two seconds. }
  - { rule: claims, fail: Find it in no time. }
  - { rule: claims, pass: It is done in no time., given: { facts: [{ statement: It is done in no time. }] } }
  - { rule: claims, fail: It is done in no time., given: { facts: [{ statement: It is done in no time., jurisdictions: [US] }], jurisdictions: [US, DE] } }
  - { rule: claims, fail: It is done in no time., given: { facts: [{ statement: It is done in no time., expires: 2027-03-01 }], day: 2027-03-01 } }
  - { rule: imprint, pass: <a href="/imprint">Imprint</a> }
  - { rule: imprint, fail: '<p>Imprint</p>', at: '1:1' }
  - { rule: mail, pass: '<p>Notes</p>', given: { kind: email, text: Notes, headers: { Subject: Notes, List-Unsubscribe: '<https://northwind.example/leave>', List-Unsubscribe-Post: List-Unsubscribe=One-Click } } }
  - { rule: mail, fail: '<p>Notes</p>', given: { kind: email, text: Notes, headers: { Subject: Notes } } }
  - { rule: no-query, pass: <a href="/a">A</a> }
  - { rule: no-query, fail: <a href="/a?b">A</a> }
  - { rule: pace, pass: Late., given: { due: '2026-11-23T20:30:00+01:00' } }
  - { rule: pace, fail: Too late., given: { due: '2026-11-23T21:30:00+01:00' } }
  - { rule: pace, fail: Again., given: { due: '2026-11-23T12:00:00+01:00', sent: ['2026-11-23T09:00:00+01:00'] } }
  - { rule: secrets, pass: Write it down., given: { observed: { secrets: [] } } }
  - { rule: secrets, fail: Card 4111 1111 1111 1111, at: '1:6', given: { observed: { secrets: [] } } }
  - { rule: price, pass: You pay $9 a month. }
  - { rule: price, fail: You pay $12 a month., at: '1:9', given: { price: { amount: '12', currency: USD, period: month } } }
  - { rule: terms, pass: Use it. }
  - { rule: terms, fail: Utilize it., at: '1:1', fixed: Use it. }
  - { rule: words, pass: Look closer. }
  - { rule: words, fail: '<img src="/a.png" alt="We delve">', given: { kind: email } }
`;

let types: RuleTypes;
beforeAll(async () => {
  types = new Map(
    await Promise.all(Object.entries(registry.rules).map(async ([id, { load }]) => [id, await load()] as const)),
  );
});

const within = <T>(work: () => T): T => work();

/** @throws Error with the problems of a pack that is not valid */
function load(text: string): Named<PolicyPack> {
  const tree = new Map([['policies/all.yaml', { bytes: text }]]);
  const loaded = createLoader(tree, { channels: new Map(), rules: types }).loadPack('all');
  if (!loaded.ok) throw new Error(loaded.problems.map(showProblem).join('\n'));
  return loaded.pack;
}

const prove = (pack: Named<PolicyPack>, find: FindPack = () => undefined) =>
  provePack(pack, find, new Map(), { types, within });

describe('a pack with a rule of every type', () => {
  test('has one of each', () => {
    expect(load(EVERYTHING).rules.map(({ type }) => type)).toEqual(Object.keys(registry.rules));
  });

  test('proves all of them, and misses each one that is taken away', () => {
    const proof = prove(load(EVERYTHING));
    expect(proof.samples.filter(({ ok }) => !ok)).toEqual([]);
    expect(unproven(proof)).toEqual([]);
  });

  test('is loaded and tested in a fraction of a second', () => {
    prove(load(EVERYTHING));
    // Time of this process, not of a machine that does other things as well.
    const before = process.cpuUsage();
    prove(load(EVERYTHING));
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(500);
  });
});

const words = { id: 'words', type: 'voice', severity: 'block', params: { phrases: ['delve', 'unlock'] } } as const;
const packWith = (samples: readonly Sample[], more: Partial<PolicyPack> = {}): Named<PolicyPack> => ({
  ...{ id: 'own', version: '1.0.0', layer: 'base', about: 'A pack.', rules: [words], samples },
  ...more,
});
const whyOf = (sample: Sample, rules: PolicyPack['rules'] = [words]): string | undefined =>
  prove(packWith([sample], { rules })).samples[0]?.why;

describe('a sample that comes out otherwise says what came out', () => {
  test.each<[Sample, string]>([
    [
      { rule: 'words', pass: 'We delve.' },
      'expected to pass, found at 1:4: "delve" is not to be said: use other words',
    ],
    [{ rule: 'words', fail: 'We look.' }, 'expected to fail, passed'],
    [{ rule: 'words', fail: 'We delve.', at: '1:1' }, 'expected the first finding at 1:1, found at 1:4'],
    [{ rule: 'words', fail: 'We delve.', fixed: 'We look.' }, 'expected "We look." after its fixes, got "We delve."'],
    [{ rule: 'other', fail: 'We delve.' }, 'no rule of this name is judged'],
  ])('%j', (sample, why) => {
    expect(whyOf(sample)).toBe(why);
  });

  test('also when the rule does not apply, cannot look or fails', () => {
    const emails = [{ ...words, kinds: ['email'] as const }];
    const given = { kind: 'social_post' };
    expect(whyOf({ rule: 'words', fail: 'We delve.', given }, emails)).toBe(
      'expected to fail, but the rule does not apply to it',
    );
    const alive = [{ id: 'alive', type: 'live_links', severity: 'block' }] as const;
    const link = '<a href="https://docs.example/">Docs</a>';
    expect(whyOf({ rule: 'alive', pass: link }, alive)).toMatch(/^not-evaluated: /);
    const broken = [
      { id: 'sum', type: 'expr', severity: 'block', params: { expr: 'asset.nothing > 1', message: 'No.' } },
    ] as const;
    expect(whyOf({ rule: 'sum', pass: 'A.' }, broken)).toMatch(/^error: /);
  });
});

test('of several fixes each is made', () => {
  const swap = { utilize: 'use', 'e-mail': 'email' };
  const vale = {
    extends: 'substitution',
    message: "Use '%s' instead of '%s'.",
    ignorecase: true,
    action: { name: 'replace' },
    swap,
  };
  const terms = [{ id: 'terms', type: 'prose', severity: 'warn', fix: 'safe', params: { vale } }] as const;
  expect(whyOf({ rule: 'terms', fail: 'Utilize e-mail.', fixed: 'Use email.' }, terms)).toBeUndefined();
});

describe('taking a rule away', () => {
  test('is missed by a sample that fails, not by one that passes', () => {
    expect(unproven(prove(packWith([{ rule: 'words', pass: 'We look.' }])))).toMatchObject([{ rule: 'own/words' }]);
    expect(unproven(prove(packWith([{ rule: 'words', fail: 'We delve.' }])))).toEqual([]);
  });

  test('of a variant is missed only by what the rule itself lets through', () => {
    const base = { ...packWith([]), id: 'base' };
    const find: FindPack = (id) => (id === 'base' ? base : undefined);
    const variant = (fail: string) =>
      packWith([{ rule: 'base/words', fail }], {
        layer: 'partner',
        rules: [],
        tighten: [{ rule: 'base/words', params: { phrases: ['seamless'] } }],
      });
    expect(unproven(prove(variant('We delve.'), find))).toMatchObject([{ rule: 'base/words@own', bites: 0 }]);
    expect(unproven(prove(variant('It is seamless.'), find))).toEqual([]);
  });

  describe('of a variant with the params of its rule is missed by what proves the rule', () => {
    const warns = { ...words, severity: 'warn', kinds: ['email'], channels: ['outbox'] } as const;
    const ruled = (samples: readonly Sample[]) => ({ ...packWith(samples, { rules: [warns] }), id: 'base' });
    const tightened = (tighten: Omit<Tightening, 'rule'>, own: readonly Sample[] = [], base = ruled(proving)) =>
      prove(packWith(own, { layer: 'partner', rules: [], tighten: [{ rule: 'base/words', ...tighten }] }), (id) =>
        id === 'base' ? base : undefined,
      );
    const proving: Sample[] = [
      { rule: 'words', pass: 'We look.' },
      { rule: 'words', fail: '<p>We delve.</p>' },
    ];

    test.each<[string, Omit<Tightening, 'rule'>]>([
      ['severity', { severity: 'block' }],
      ['kinds', { kinds: ['social_post', 'email'] }],
      ['channels', { channels: ['feed', 'outbox'] }],
    ])('%s', (_what, tighten) => {
      const proof = tightened(tighten);
      expect(proof.rules).toEqual([
        { rule: 'base/words@own', type: 'voice', by: 'tightened', pass: 1, fail: 1, bites: 1 },
      ]);
      expect(unproven(proof)).toEqual([]);
    });

    test('also beside samples of its own that the rule denies as well', () => {
      const own = { rule: 'base/words', fail: 'We delve.', given: { kind: 'email' as const } };
      expect(unproven(tightened({ severity: 'block' }, [own]))).toEqual([]);
    });

    test('but not when nothing proves the rule, nor when the variant changes nothing', () => {
      expect(unproven(tightened({ severity: 'block' }, [], ruled([])))).toMatchObject([{ by: 'none' }]);
      expect(unproven(tightened({}))).toMatchObject([{ by: 'none' }]);
    });
  });

  test('without params is missed by the examples of its type', () => {
    const links = { id: 'links', type: 'links', severity: 'block' } as const;
    expect(prove(packWith([], { rules: [links] })).rules).toMatchObject([{ by: 'examples', bites: 5 }]);
  });
});
