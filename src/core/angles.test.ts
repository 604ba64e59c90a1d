import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exampleUnit } from '../core/policy/sample.ts';
import type { AudienceSegment, Offer } from '../generated/entities.ts';
import { anglesOf, explainRejection, rankAngles } from './angles.ts';
import type { FiledSignal, Named, Unit } from './contracts.ts';

const [baseOffer] = exampleUnit.offers as readonly [Named<Offer>];
const [baseSegment] = exampleUnit.segments as readonly [Named<AudienceSegment>];

const pain = (id: string, clause: string) => ({ id, forms: { s: `${clause}.`, clause } });
const outcome = (id: string, pains: string[], s: string) => ({ id, answers: pains, forms: { s, vp: s, short: id } });

const segment: Named<AudienceSegment> = {
  ...baseSegment,
  pains: [pain('lost-notes', 'notes get lost'), pain('slow-search', 'searching takes the morning')],
  triggers: [],
};
const offer: Named<Offer> = {
  ...baseOffer,
  outcomes: [
    outcome('found', ['lost-notes'], 'Notes are found again.'),
    outcome('quick', ['slow-search'], 'Searching becomes quick.'),
  ],
  mechanisms: [{ id: 'index', enables: ['found', 'quick'], forms: { s: 'An index is kept.', short: 'Index' } }],
  proofs: [{ id: 'benchmark', supports: ['found', 'quick'], fact: 'save-time' }],
};
const unit: Unit = { ...exampleUnit, segments: [segment], offers: [offer] };

const first = { pain: 'lost-notes', outcome: 'found', mechanism: 'index', proof: 'benchmark' };
const second = { pain: 'slow-search', outcome: 'quick', mechanism: 'index', proof: 'benchmark' };

const signal = (changes: Partial<FiledSignal['signal']>): FiledSignal => ({
  path: 'hub/brands/northwind/signals/2026-11-23/s.yaml',
  signal: { source: 's', kind: 'news', n: 1, digest: 'd'.repeat(64), items: [], counts: [], ...changes },
});
const visits = (path: string, seen: number, clicked: number): FiledSignal =>
  signal({
    kind: 'visits',
    counts: [
      { path, metric: 'visits', count: seen },
      { path, metric: 'clicks', count: clicked, cta: 'start-hero' },
    ],
  });

test('only connected messages make an angle', () => {
  expect(anglesOf(segment, offer)).toEqual([first, second]);
});

test('without evidence the order of the files decides', () => {
  expect(rankAngles(unit, [], [], []).map(({ angle }) => angle)).toEqual([first, second]);
});

test('news about something moves the angle that speaks of it to the front', () => {
  const news = signal({ items: [{ title: '1.2.0', text: 'Searching is now twice as quick.' }] });
  expect(rankAngles(unit, [news], [], [])[0]?.angle).toEqual(second);
});

test('only the latest news of a source count', () => {
  const old = signal({ items: [{ title: '1.0.0', text: 'Searching is quick.' }] });
  const latest = signal({ items: [{ title: '1.1.0', text: 'Lost notes are found again.' }] });
  expect(rankAngles(unit, [old, latest], [], [])[0]?.angle).toEqual(first);
});

test('what was said recently steps back', () => {
  expect(rankAngles(unit, [], [], [{ angle: first }])[0]?.angle).toEqual(second);
});

test('a page that readers respond to lends its angle weight', () => {
  const shown = [
    { path: '/a/', angle: first },
    { path: '/b/', angle: second },
  ];
  const evidence = [visits('/a/', 1000, 20), visits('/b/', 1000, 180)];
  expect(rankAngles(unit, evidence, shown, [])[0]?.angle).toEqual(second);
});

test('more clicks on the pages of an angle never lower its score', () => {
  const shown = [
    { path: '/a/', angle: first },
    { path: '/b/', angle: second },
  ];
  const scoreOf = (clicks: number) =>
    rankAngles(unit, [visits('/a/', 1000, 50), visits('/b/', 1000, clicks)], shown, []).find(
      ({ angle }) => angle.pain === second.pain,
    )?.score ?? 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 100 }), (clicks, more) => {
      expect(scoreOf(clicks + more)).toBeGreaterThanOrEqual(scoreOf(clicks));
    }),
    { numRuns: 50 },
  );
});

test('a rejected alternative says what the chosen one had more of', () => {
  const [chosen, other] = rankAngles(unit, [], [], [{ angle: second }]);
  if (!chosen || !other) throw new Error('two angles expected');
  expect(explainRejection(other, chosen)).toBe('the chosen one is ahead by 0.55 in what was said recently');
});
