/** Many writers on one remote, and no server that keeps them apart. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  CAMPAIGNS,
  type Course,
  openCourse,
  RACE_TIMEOUT_MS,
  race,
  runAlone,
  settled,
  troubles,
} from './testing/racing.ts';
import { inBook } from './testing/rig.ts';

let course: Course;

beforeAll(async () => {
  course = await openCourse();
});

afterAll(() => course.close());

test(
  'eight runs at once for two campaigns, one publication below the cap: only one of them goes out',
  async () => {
    const { rig, loopback, template } = course;
    const site = rig.copy(template, 'cap');
    rig.edit(site, 'mhub.yaml', 'publish_enabled: true', 'publish_enabled: true\n  max_publishes_per_day: 3');
    await runAlone(course, site, 'cap', CAMPAIGNS.slice(0, 2));
    const [, , third = '', fourth = ''] = CAMPAIGNS;
    const writers = [third, fourth, third, fourth, third, fourth, third, fourth];
    expect(troubles(await race(course, site, 'cap', writers))).toEqual([]);
    expect(await settled(course, site, 'cap')).toHaveLength(3);
    expect(inBook(loopback, 'cap')).toHaveLength(3);
  },
  RACE_TIMEOUT_MS,
);
