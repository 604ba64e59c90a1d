/** Many writers on one remote, and no server that keeps them apart. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CAMPAIGNS, type Course, openCourse, RACE_TIMEOUT_MS, race, settled, troubles } from './testing/racing.ts';
import { inBook } from './testing/rig.ts';

let course: Course;

beforeAll(async () => {
  course = await openCourse();
});

afterAll(() => course.close());

test(
  'eight runs at once, each with a campaign of its own: nothing is lost, nothing goes out twice, nobody starves',
  async () => {
    const site = course.rig.copy(course.template, 'own');
    expect(troubles(await race(course, site, 'own', CAMPAIGNS))).toEqual([]);
    const receipts = await settled(course, site, 'own');
    expect(receipts.map(({ campaign }) => campaign).sort()).toEqual([...CAMPAIGNS].sort());
    expect(inBook(course.loopback, 'own')).toHaveLength(CAMPAIGNS.length);
  },
  RACE_TIMEOUT_MS,
);
