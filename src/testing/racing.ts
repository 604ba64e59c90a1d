/** Many processes at once on clones of one remote, and what must hold whoever was faster. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { wentOut } from '../core/ledger.ts';
import type { Receipt } from '../generated/entities.ts';
import { brokenPromises } from './facts.ts';
import { type Loopback, serveLoopback } from './loopback.ts';
import { FIRST_RUN } from './play.ts';
import { brokenBooks, type Ended, inBook, manyCampaigns, openRig, type Rig, type Site, siteBefore } from './rig.ts';

export const WRITERS = 8;
/** Under load a race takes this long. */
export const RACE_TIMEOUT_MS = 180_000;
export const CAMPAIGNS = Array.from({ length: WRITERS }, (_, index) => `harbour-${index + 1}`);

export interface Course {
  readonly rig: Rig;
  readonly loopback: Loopback;
  /** A campaign for each writer, everything made and judged, nothing published. */
  readonly template: Site;
  close(): Promise<void>;
}

export async function openCourse(): Promise<Course> {
  const loopback = await serveLoopback();
  const rig = await openRig(loopback);
  const template = await siteBefore(join(rig.folder, 'template'), FIRST_RUN, manyCampaigns(CAMPAIGNS));
  return {
    rig,
    loopback,
    template,
    close: () => {
      rig.remove();
      return loopback.close();
    },
  };
}

const order = (book: string, commands: readonly (readonly string[])[]) => ({
  book,
  now: FIRST_RUN,
  commands,
  classes: { feed: 'query', outbox: 'opaque' } as const,
  windowMs: 15_000,
  timeoutMs: 3_000,
});

/**
 * All start at once, each in a clone of its own.
 *
 * @param campaigns  that each writer runs
 * @param origins    address of the remote for each of them; its folder when left out
 */
export async function race(
  { rig }: Course,
  site: Site,
  book: string,
  campaigns: readonly string[],
  origins?: readonly string[],
): Promise<readonly Ended[]> {
  const clones = campaigns.map(() => rig.freshClone(site));
  origins?.forEach((origin, index) => rig.git(clones[index]?.clone ?? '', 'remote', 'set-url', 'origin', origin));
  const running = clones.map((clone, index) => rig.start(clone, order(book, [['publish', campaigns[index] ?? '']])));
  return Promise.all(running.map(({ ended }) => ended));
}

/** Nobody starves, and nobody breaks: what each writer says of itself, if it is not as it should be. */
export const troubles = (ended: readonly Ended[]): string[] =>
  ended.flatMap(({ code, stderr }) => (code === 0 || code === 3 ? [] : [`${code}: ${stderr}`]));

/** One run of a single writer, for these campaigns. */
export async function runAlone({ rig }: Course, site: Site, book: string, campaigns: readonly string[]): Promise<void> {
  const { code, stderr } = await rig.start(rig.freshClone(site), order(book, [['publish', ...campaigns]])).ended;
  expect(code, stderr).toBe(0);
}

/** Lets one more writer clean up, expects that nothing is wrong then, and gives the receipts of what went out. */
export async function settled({ rig, loopback }: Course, site: Site, book: string): Promise<readonly Receipt[]> {
  const last = rig.freshClone(site);
  const runs = order(book, [['reconcile'], ['reconcile']]);
  const { reports, stderr } = await rig.start(last, { ...runs, alone: true }).ended;
  expect(reports.at(1)?.commits, stderr).toBe(0);
  const facts = rig.facts(last);
  expect([...brokenBooks(inBook(loopback, book), facts.receipts), ...brokenPromises(facts)]).toEqual([]);
  expect(rig.git(site.origin, 'rev-list', '--merges', 'main')).toBe('');
  expect(rig.git(site.origin, 'fsck', '--strict', '--no-dangling')).toBe('');
  return facts.receipts.filter(wentOut);
}
