/** Sites with a GitHub beside them: everything made and judged, nothing published, to be copied for each test. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { brokenPromises, type Facts } from '../facts.ts';
import { type Loopback, serveLoopback } from '../loopback.ts';
import { FIRST_RUN } from '../play.ts';
import {
  brokenBooks,
  type Ended,
  inBook,
  liveWorkspace,
  openRig,
  type Report,
  type Rig,
  type Site,
  siteBefore,
} from '../rig.ts';
import { type GithubServer, serveGithub } from './server.ts';

export interface Garden {
  readonly site: Site;
  readonly github: GithubServer;
  /** Of the effects that leave the repository. */
  readonly book: string;
}

export interface Circumstances {
  readonly env?: Readonly<Record<string, string>>;
  /** Others are at work as well; else whoever ran before is dead for sure. */
  readonly amongOthers?: true;
}

export interface Bed {
  readonly rig: Rig;
  readonly loopback: Loopback;
  plant(): Promise<Garden>;
  /** The same garden in a clone of its own. */
  another(garden: Garden): Garden;
  /** A process that runs commands one after the other, in delivery pull-request. */
  start(garden: Garden, commands: readonly (readonly string[])[], circumstances?: Circumstances): Promise<Ended>;
  close(): Promise<void>;
}

export async function openBed(): Promise<Bed> {
  const loopback = await serveLoopback();
  const rig = await openRig(loopback);
  const template = await siteBefore(join(rig.folder, 'template'), FIRST_RUN, liveWorkspace());
  const servers: GithubServer[] = [];
  let copies = 0;
  return {
    rig,
    loopback,
    plant: async () => {
      copies += 1;
      const book = `garden-${copies}`;
      const site = rig.copy(template, book);
      const github = await serveGithub(site.origin, rig.env);
      servers.push(github);
      return { site, github, book };
    },
    another: (garden) => ({ ...garden, site: rig.freshClone(garden.site) }),
    start({ site, github, book }, commands, { env = {}, amongOthers } = {}) {
      const order = {
        book,
        now: FIRST_RUN,
        commands: commands.map((words) => (words[0] === 'verify' ? words : [...words, '--delivery', 'pull-request'])),
        classes: { feed: 'query', outbox: 'opaque' } as const,
        windowMs: 15_000,
        timeoutMs: 3_000,
        ...(amongOthers ? {} : { alone: true }),
      };
      return rig.start(site, order, { ...github.env, ...env }).ended;
    },
    async close() {
      for (const server of servers) await server.close();
      await loopback.close();
      rig.remove();
    },
  };
}

export function reportOf({ reports, stderr }: Ended, index = 0): Report {
  const report = reports[index];
  if (!report) throw new Error(stderr);
  return report;
}

/** What stands on the branch, after it was checked that nothing is wrong with it. */
export function inOrder({ rig, loopback }: Bed, { site, book }: Garden, fresh = rig.freshClone(site)): Facts {
  const facts = rig.facts(fresh);
  expect([...brokenPromises(facts), ...brokenBooks(inBook(loopback, book), facts.receipts)]).toEqual([]);
  return facts;
}
