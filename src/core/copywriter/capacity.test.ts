import { beforeAll, expect, test } from 'vitest';
import { ownUnit } from '../../testing/posts.ts';
import type { Plugins, Unit } from '../contracts.ts';
import { capacityOf } from './capacity.ts';

const NOW = '2026-11-23T12:00:00Z';

let unit: Unit;
let plugins: Pick<Plugins, 'assets' | 'channels'>;
beforeAll(async () => {
  ({ unit, plugins } = await ownUnit());
});

test('this repository has angles, headlines, subjects and posts for months', () => {
  const { angles, openings, missing } = capacityOf(unit, plugins, NOW);
  expect(angles).toBeGreaterThan(60);
  expect(openings.landing_page).toBeGreaterThan(20);
  expect(openings.email).toBeGreaterThan(20);
  expect(openings.social_post).toBeGreaterThan(150);
  expect(missing).toEqual([]);
});

test('a form that nobody wrote is named by its field, and fewer texts are possible without it', () => {
  const [segment, ...segments] = unit.segments;
  if (!segment) throw new Error('there is no segment');
  const [pain, ...pains] = segment.pains;
  if (!pain) throw new Error('there is no pain');
  const { question: _question, ...forms } = pain.forms;
  const poorer = { ...unit, segments: [{ ...segment, pains: [{ ...pain, forms }, ...pains] }, ...segments] };
  const { openings, missing } = capacityOf(poorer, plugins, NOW);
  expect(missing.map(({ field }) => field)).toEqual([
    `brands/mhub/segments/${segment.id}.yaml pains[${pain.id}].forms.question`,
  ]);
  expect(missing[0]?.texts).toBeGreaterThan(1);
  expect(openings.social_post).toBeLessThan(capacityOf(unit, plugins, NOW).openings.social_post ?? 0);
});

test('kinds that the campaign does not schedule are not counted', () => {
  const { campaign } = unit;
  const schedule = campaign.schedule.filter(({ asset }) => asset === 'email');
  expect(Object.keys(capacityOf({ ...unit, campaign: { ...campaign, schedule } }, plugins, NOW).openings)).toEqual([
    'email',
  ]);
});
