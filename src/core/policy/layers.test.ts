import { describe, expect, test } from 'vitest';
import type { PolicyPack } from '../../generated/entities.ts';
import { fitsVersion, foundationsOf, irrelevance, packsOf } from './layers.ts';
import { exampleUnit } from './sample.ts';

test.each([
  ['1.2.3', '1.2.3', true],
  ['1.2.4', '1.2.3', false],
  ['1.2.9', '~1.2.3', true],
  ['1.3.0', '~1.2.3', false],
  ['1.9.0', '^1.2.3', true],
  ['1.2.2', '^1.2.3', false],
  ['2.0.0', '^1.2.3', false],
  ['0.2.9', '^0.2.3', true],
  ['0.3.0', '^0.2.3', false],
  ['0.0.3', '^0.0.3', true],
  ['0.0.4', '^0.0.3', false],
])('version %s and range %s: %s', (version, range, fits) => {
  expect(fitsVersion(version, range)).toBe(fits);
});

describe('whom a pack concerns', () => {
  const anywhere = { jurisdictions: undefined, locale: 'en' };

  test('an audience anywhere is under every jurisdiction', () => {
    expect(irrelevance({ jurisdictions: ['DE'] }, anywhere)).toBeUndefined();
  });

  test('one jurisdiction in common is enough, and a region is in its country', () => {
    expect(irrelevance({ jurisdictions: ['DE', 'AT'] }, { ...anywhere, jurisdictions: ['US', 'AT'] })).toBeUndefined();
    expect(irrelevance({ jurisdictions: ['US'] }, { ...anywhere, jurisdictions: ['US-CA'] })).toBeUndefined();
    expect(irrelevance({ jurisdictions: ['US-CA'] }, { ...anywhere, jurisdictions: ['US'] })).toBeUndefined();
    expect(irrelevance({ jurisdictions: ['DE', 'AT'] }, { ...anywhere, jurisdictions: ['US'] })).toBe(
      'for DE, AT; the audience is in US',
    );
  });

  test.each([
    ['de', 'de-AT', true],
    ['de-*', 'de', true],
    ['de-*', 'de-AT', true],
    ['de-AT', 'de', false],
    ['de', 'den', false],
    ['en', 'EN-GB', true],
  ])('language %s is spoken in %s: %s', (range, locale, applies) => {
    expect(irrelevance({ locales: [range] }, { ...anywhere, locale }) === undefined).toBe(applies);
  });
});

const pack = (id: string, layer: PolicyPack['layer'], more: Partial<PolicyPack> = {}) => ({
  ...{ id, layer, version: '1.0.0', about: 'A pack.', rules: [] },
  ...more,
});

test('packs stand in the order of their layers, then in that of the campaign', () => {
  const policies = [
    pack('own', 'campaign'),
    pack('us', 'jurisdiction', { jurisdictions: ['US'] }),
    pack('b', 'base'),
    pack('a', 'base'),
  ];
  const campaign = { ...exampleUnit.campaign, policies: policies.map(({ id }) => id) };
  const ids = (jurisdictions: string[] | undefined) => {
    const { applied, leftOut } = packsOf({
      ...exampleUnit,
      policies,
      campaign: { ...campaign, ...(jurisdictions ? { jurisdictions } : {}) },
    });
    return [applied.map(({ id }) => id), leftOut.map((one) => one.pack.id)];
  };
  expect(ids(undefined)).toEqual([['b', 'a', 'us', 'own'], []]);
  expect(ids(['FR'])).toEqual([['b', 'a', 'own'], ['us']]);
});

test('foundations end where packs extend each other in a circle', () => {
  const packs = new Map([
    ['a', { extends: { pack: 'b', version: '1.0.0' } }],
    ['b', { extends: { pack: 'a', version: '1.0.0' } }],
  ]);
  expect([...foundationsOf({ extends: { pack: 'a', version: '1.0.0' } }, (id) => packs.get(id)).keys()]).toEqual([
    'a',
    'b',
  ]);
});
