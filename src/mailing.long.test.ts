/** Mail to a list, killed for real at every step and at any time: npm run test:long. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAULT_POINTS, type FaultPoint, MAILING_POINTS } from './shell/fault.ts';
import { KILL_TIMEOUT_MS } from './testing/killing.ts';
import type { MailingKind } from './testing/mailing-channel.ts';
import {
  KEYED,
  OPAQUE,
  openPostRoom,
  type PlaceName,
  type PostRoom,
  visitsOf,
  wrongAfterKill,
} from './testing/mailings.ts';

const KINDS = [OPAQUE, KEYED];
const PLACES: readonly PlaceName[] = ['on the same machine', 'in a fresh clone'];
const KILLS = 12;
/** About as long as a mailing takes. */
const LONGEST_MS = 3_000;

let room: PostRoom;
const visits = new Map<MailingKind, ReadonlyMap<FaultPoint, number>>();

beforeAll(async () => {
  room = await openPostRoom();
});

afterAll(() => room.close());

const LANDING = FAULT_POINTS.filter((point) => ['commits-imported', 'commits-pushed', 'branch-moved'].includes(point));
const points = [...MAILING_POINTS, ...LANDING];
const cases = KINDS.flatMap((kind) => PLACES.flatMap((place) => points.map((point) => [point, kind, place] as const)));

/** The first and one in the middle: the others are like one of these. */
const someOf = (visits: number): number[] => [...new Set([1, Math.ceil(visits / 2)])];

test.each(cases)(
  'killed at %s of a mailing of %o, the next runs %s mail everybody once and miss nobody',
  async (point, kind, place) => {
    visits.set(kind, visits.get(kind) ?? (await visitsOf(room, kind)));
    const count = visits.get(kind)?.get(point) ?? 0;
    expect(count).toBeGreaterThan(0);
    const wrong = someOf(count).map(async (visit) => {
      const found = await wrongAfterKill(room, kind, { at: point, visit }, place);
      return found.map((what) => `visit ${visit}: ${what}`);
    });
    expect((await Promise.all(wrong)).flat()).toEqual([]);
  },
  2 * KILL_TIMEOUT_MS,
);

test.each(Array.from({ length: KILLS }, (_, index) => index))(
  'killed at a random time, the next runs mail everybody once and miss nobody (%i)',
  async (index) => {
    const afterMs = Math.round(((index + Math.random()) / KILLS) * LONGEST_MS);
    const kind = index % 2 === 0 ? OPAQUE : KEYED;
    const place = index % 4 < 2 ? 'on the same machine' : 'in a fresh clone';
    expect(await wrongAfterKill(room, kind, { afterMs }, place), `killed after ${afterMs} ms`).toEqual([]);
  },
  KILL_TIMEOUT_MS,
);
