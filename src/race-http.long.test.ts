/** Many writers on one remote over smart HTTP, where connections break. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Proxy, type Serving, serveGit, serveProxy } from './testing/git-http.ts';
import { CAMPAIGNS, type Course, openCourse, RACE_TIMEOUT_MS, race, settled, troubles } from './testing/racing.ts';
import { inBook, type Site } from './testing/rig.ts';

/** Over HTTP every lost race takes longer: four of them have to do. Eight meet in race.test.ts. */
const RUNNERS = CAMPAIGNS.slice(0, 4);

/** Of the connections of one writer, one after the other: one whose answer never comes, one whose answer breaks off. */
const CUTS = [null, null, 0, null, null, 400, null];

let course: Course;
let site: Site;
let server: Serving;
let proxies: readonly Proxy[] = [];

beforeAll(async () => {
  course = await openCourse();
  site = course.rig.copy(course.template, 'http');
  server = await serveGit(site.folder, course.rig.env);
  proxies = await Promise.all(RUNNERS.map(() => serveProxy(server.port, CUTS)));
});

afterAll(async () => {
  for (const proxy of proxies) await proxy.close();
  await server.close();
  await course.close();
});

test(
  'four runs at once whose connections are cut: nothing is lost, nothing goes out twice, nobody starves',
  async () => {
    const origins = proxies.map(({ port }) => `http://127.0.0.1:${port}/origin.git`);
    expect(troubles(await race(course, site, 'http', RUNNERS, origins))).toEqual([]);
    const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
    expect(sum(proxies.map(({ cut }) => cut))).toBeGreaterThan(sum(proxies.map(({ connections }) => connections)) / 10);
    const receipts = await settled(course, site, 'http');
    expect(receipts.map(({ campaign }) => campaign).sort()).toEqual([...RUNNERS].sort());
    expect(inBook(course.loopback, 'http')).toHaveLength(RUNNERS.length);
  },
  RACE_TIMEOUT_MS,
);
