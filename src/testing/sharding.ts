/** Sharded runs of real processes: plan, the shards, fold, and what came of it on the remote. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { shardOf } from '../core/shards.ts';
import { brokenPromises } from './facts.ts';
import { type Loopback, serveLoopback } from './loopback.ts';
import { type Classes, loopbackAdapters } from './loopback-channel.ts';
import { type Ended as EndedHere, mhub } from './mhub.ts';
import { FIRST_RUN } from './play.ts';
import {
  brokenBooks,
  type Ended,
  inBook,
  manyCampaigns,
  openRig,
  type Report,
  type Rig,
  type Running,
  type Site,
  siteAfter,
} from './rig.ts';

export { FIRST_RUN };
/** The window of half an hour has passed, and the time that other runs give a shard beyond it. */
export const AFTER_SHARDS = '2026-11-24T12:40:00Z';

export interface Yard {
  readonly rig: Rig;
  readonly loopback: Loopback;
  /** Nothing is published yet; pushes to the origin are counted. */
  readonly template: Site;
  close(): Promise<void>;
}

const COUNT = '#!/bin/sh\necho push >> pushes\n';

/** @param stages  that have run before anything is published */
export async function openYard(files: Readonly<Record<string, string>>, stages: readonly string[]): Promise<Yard> {
  const loopback = await serveLoopback();
  const rig = await openRig(loopback);
  const template = await siteAfter(stages, join(rig.folder, 'template'), FIRST_RUN, files);
  const hooks = join(template.origin, 'hooks');
  mkdirSync(hooks);
  writeFileSync(join(hooks, 'post-receive'), COUNT);
  chmodSync(join(hooks, 'post-receive'), 0o755);
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

/** A workspace with one campaign in each of so many shards. */
export function oneCampaignPerShard(shards: number): Record<string, string> {
  const ids = new Map<string, string>();
  for (let number = 1; ids.size < shards; number += 1) {
    const id = `harbour-${number}`;
    const shard = shardOf(id, shards);
    if (!ids.has(shard)) ids.set(shard, id);
  }
  return manyCampaigns([...ids.values()]);
}

export interface Planned {
  readonly exit_code: number;
  readonly matrix: readonly string[];
  readonly digests: Readonly<Record<string, string>>;
  readonly calls: number;
  readonly commits: number;
}

/** One sharded run at a place, with a book of its own at the service. */
export class ShardedRun {
  readonly site: Site;
  readonly book: string;
  readonly out: string;
  readonly receipts: string;
  private readonly yard: Yard;
  private readonly classes: Classes;

  constructor(yard: Yard, book: string, classes: Classes, from: Site = yard.template) {
    [this.yard, this.book, this.classes] = [yard, book, classes];
    this.site = yard.rig.copy(from, book);
    this.out = join(this.site.folder, 'shards');
    this.receipts = join(this.site.folder, 'receipts');
    mkdirSync(this.receipts, { recursive: true });
  }

  /** The same as it is now, at a place and with a book of its own. */
  copy(book: string): ShardedRun {
    this.yard.loopback.copy(this.book, book);
    return new ShardedRun(this.yard, book, this.classes, this.site);
  }

  private order(commands: readonly (readonly string[])[], now: string) {
    const { book, classes } = this;
    return { book, now, commands, classes, windowMs: 20_000, timeoutMs: 5_000, alone: true };
  }

  start(commands: readonly (readonly string[])[], now = FIRST_RUN, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.yard.rig.start(this.site, this.order(commands, now), env).ended;
  }

  private get here() {
    const adapters = loopbackAdapters(`${this.yard.loopback.url}/${this.book}`, this.classes);
    return { now: FIRST_RUN, env: this.yard.rig.env, adapters };
  }

  /** In this process: that of the rig cannot draw what is not made yet. */
  async planHere(...flags: readonly string[]): Promise<Planned> {
    const words = ['shard', 'plan', '--out', this.out, '--cwd', this.site.clone, '--json', ...flags];
    const { output } = await mhub(words, this.here);
    return JSON.parse(output.slice(output.indexOf('{\n'))) as Planned;
  }

  async plan(env: NodeJS.ProcessEnv = {}): Promise<Planned> {
    const { reports, stderr } = await this.start([['shard', 'plan', '--out', this.out]], FIRST_RUN, env);
    expect(reports, stderr).toHaveLength(1);
    return reports[0] as unknown as Planned;
  }

  private wordsFor({ digests }: Pick<Planned, 'digests'>, shard: string): string[] {
    const plan = join(this.out, `${shard}.json`);
    return ['shard', 'work', '--plan', plan, '--digest', digests[shard] ?? '', '--out', this.outcomes(shard)];
  }

  /** A process of its own, where there is no git, and no folder of the workspace. */
  work(
    planned: Pick<Planned, 'digests'>,
    shard: string,
    { now = FIRST_RUN, env = {} }: { readonly now?: string; readonly env?: NodeJS.ProcessEnv } = {},
  ): Running {
    const order = { ...this.order([this.wordsFor(planned, shard)], now), outside: true };
    return this.yard.rig.start(this.site, order, { PATH: '/nowhere', ...env });
  }

  /** The same in this process, which is faster. */
  workHere(planned: Pick<Planned, 'digests'>, shard: string, env = {}, now = FIRST_RUN): Promise<EndedHere> {
    return mhub(this.wordsFor(planned, shard), { ...this.here, now, env: { PATH: '/nowhere', ...env } });
  }

  outcomes = (shard: string): string => join(this.receipts, `${shard}.jsonl`);

  fold(...flags: readonly string[]): Promise<Report> {
    return this.foldAt(FIRST_RUN, ...flags);
  }

  async foldAt(now: string, ...flags: readonly string[]): Promise<Report> {
    const { reports, stderr } = await this.start([['shard', 'fold', '--receipts', this.receipts, ...flags]], now);
    expect(reports, stderr).toHaveLength(1);
    return reports[0] as Report;
  }

  get pushes(): number {
    const counted = join(this.site.origin, 'pushes');
    return existsSync(counted) ? readFileSync(counted, 'utf8').split('\n').length - 1 : 0;
  }

  /** What the service has got of this run. */
  get accepted() {
    return inBook(this.yard.loopback, this.book);
  }

  get facts() {
    return this.yard.rig.facts(this.site);
  }

  /** What must hold at the end. @returns what does not */
  get wrong(): readonly string[] {
    const { accepted, facts } = this;
    return [...brokenBooks(accepted, facts.receipts), ...brokenPromises(facts)];
  }
}
