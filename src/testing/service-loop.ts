/**
 * The whole loop in processes of its own, with a bare remote and a channel that calls a service on a contract server:
 * what tests of such channels share.
 */
import { join } from 'node:path';
import { expect } from 'vitest';
import { wentOut } from '../core/ledger.ts';
import { toInstant } from '../core/time.ts';
import type { Receipt } from '../generated/entities.ts';
import { brokenPromises } from './facts.ts';
import { leaksIn } from './leaks.ts';
import { serveLoopback } from './loopback.ts';
import { FIRST_RUN } from './play.ts';
import { type Ended, liveWorkspace, type Order, openRig, type Rig, type Site, siteBefore } from './rig.ts';

/** When the first run takes place, in milliseconds since 1970. */
export const START = Date.parse(FIRST_RUN);
export const MINUTE = 60_000;
export const TIMEOUT_MS = 120_000;

export interface Run extends Partial<Omit<Order, 'now'>> {
  /** Minutes after the first run. */
  readonly at?: number;
  readonly fault?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ServiceLoop {
  /** A site in which everything is made and judged, and nothing published. */
  newSite(): Site;
  /** Starts a process at a time by its own clock. */
  start(site: Site, run?: Run): Promise<Ended>;
  receiptsIn(site: Site): readonly Receipt[];
  /** Open intents of all channels. */
  intentsIn(site: Site): readonly unknown[];
  freshClone(site: Site): Site;
  /**
   * One more run sees the publication as it was sent, and the one after it finds nothing to do; every promise is kept, one
   * publication of the channel is filed, and nobody was told the secret.
   *
   * @returns its receipt
   */
  expectOneReceipt(site: Site, next: Run, ended: readonly Ended[], secret: string): Promise<Receipt | undefined>;
  close(): Promise<void>;
}

/**
 * @param adapter  also the id of the channel, which takes the place of the feed
 * @param params   of the channel, as YAML in one line; none when empty
 * @param env      variables of every run
 * @param tick     sets the clock of the service to that of a run
 */
export async function openServiceLoop(
  adapter: string,
  { params, env, tick }: { params: string; env(): Record<string, string>; tick(now: number): void },
): Promise<ServiceLoop> {
  const loopback = await serveLoopback();
  const rig: Rig = await openRig(loopback);
  const files = liveWorkspace();
  const campaign = 'campaigns/spring/campaign.yaml';
  const template = await siteBefore(join(rig.folder, 'template'), FIRST_RUN, {
    ...files,
    [`brands/tidewell/channels/${adapter}.yaml`]:
      `adapter: ${adapter}\ntimezone: Europe/Berlin\nbreakers: { max_publishes_per_day: 2 }\n` +
      (params === '' ? '' : `params: ${params}\n`),
    // Without pages: a site on loopback is nowhere to be seen, and would be looked for in every run.
    [campaign]: (files[campaign] ?? '')
      .replace('{ channel: feed,', `{ channel: ${adapter},`)
      .replace(/^ {2}- \{ channel: web,.*\n/m, '')
      .replace(/^experiment:.*\n/m, ''),
  });
  let count = 0;

  function start(site: Site, { at = 0, fault, env: changes = {}, ...order }: Run = {}): Promise<Ended> {
    const now = START + at * MINUTE;
    tick(now);
    const whole: Order = {
      book: site.folder,
      now: toInstant(now),
      commands: [['run']],
      classes: {},
      windowMs: 20_000,
      timeoutMs: 5_000,
      alone: true,
      ...order,
    };
    const faults = fault === undefined ? {} : { MHUB_FAULT: fault };
    return rig.start(site, whole, { ...env(), ...changes, ...faults }).ended;
  }

  const isOwn = ({ channel }: { readonly channel: string }): boolean => channel === adapter;

  return {
    newSite: () => {
      count += 1;
      return rig.copy(template, `case-${count}`);
    },
    start,
    receiptsIn: (site) => rig.facts(site).receipts.filter(isOwn),
    intentsIn: (site) => rig.facts(site).intents,
    freshClone: (site) => rig.freshClone(site),
    async expectOneReceipt(site, run, ended, secret) {
      const looked = await start(site, run);
      expect(notesOf(looked)).toEqual([]);
      const last = await start(site, { ...run, at: (run.at ?? 0) + 1 });
      expect(
        last.reports.map(({ commits, exit_code: exit }) => [commits, exit]),
        last.stderr,
      ).toEqual([[0, 0]]);
      const facts = rig.facts(site);
      expect([brokenPromises(facts), facts.intents]).toEqual([[], []]);
      const said = [...ended, looked, last].map(({ reports, stderr }) => JSON.stringify(reports) + stderr);
      expect(leaksIn({ folders: [site.folder], said }, { 'the secret': secret })).toEqual([]);
      const receipts = facts.receipts.filter(isOwn).filter(wentOut);
      expect(receipts).toMatchObject([{ status: 'sent' }]);
      return receipts[0];
    },
    close: async () => {
      rig.remove();
      await loopback.close();
    },
  };
}

/** What one run told, as level and message. */
export const notesOf = ({ reports, stderr }: Ended): string[] => {
  expect(reports, stderr).toHaveLength(1);
  return (reports[0]?.notes ?? []).map(({ level, message }) => `${level}: ${message}`);
};

export const PLACES = ['on the same machine', 'in a fresh clone'] as const;

/** @returns where the next run takes place */
export const placeAfter = (loop: ServiceLoop, site: Site, place: (typeof PLACES)[number]): Site =>
  place === 'on the same machine' ? site : loop.freshClone(site);
