/** Plays a scenario: a real repository in a temporary folder, the real command line, and a look at the result. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type Adapters, registeredAdapters } from '../shell/perform.ts';
import { check } from './check.ts';
import { factsOf } from './facts.ts';
import { mhub } from './mhub.ts';
import { type Place, pathIn, textOf, write } from './place.ts';
import { type TempRepo, tempRepo } from './repo.ts';
import { type Answers, filesIn, type Scenario, type Step, type Visits } from './scenario.ts';

/** A Tuesday at one o'clock in Berlin: the post of Monday and the email of the day are due. */
export const FIRST_RUN = '2026-11-24T12:00:00Z';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const under = (prefix: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, content]) => [`${prefix}/${path}`, content]));

/** The base workspace, with the templates and policy packs that the repository ships. */
export const baseWorkspace = (): Record<string, string> => ({
  ...under('templates', filesIn(folder('../../templates'))),
  ...under('policies', filesIn(folder('../../policies'))),
  ...filesIn(folder('workspace')),
});

let afterFirstRun: Promise<TempRepo> | undefined;

/** Made once for all scenarios that start from it. */
function firstRun(): Promise<TempRepo> {
  afterFirstRun ??= (async () => {
    const repo = await tempRepo(baseWorkspace());
    const { exit, output } = await mhub(['run', '--cwd', repo.root], { now: FIRST_RUN, env: repo.env });
    expect(exit, output).toBe(0);
    return repo;
  })();
  return afterFirstRun;
}

export async function removeFirstRun(): Promise<void> {
  (await afterFirstRun)?.remove();
}

async function prepared({ answers, before }: Scenario): Promise<TempRepo> {
  const isFirst = answers.from === undefined;
  const repo = await tempRepo(isFirst ? { ...baseWorkspace(), ...before } : {}, { remote: answers.remote === true });
  if (repo.remote) repo.git('-C', repo.remote, 'config', 'core.logAllRefUpdates', 'always');
  if (isFirst) return repo;
  const { root } = await firstRun();
  repo.git('fetch', '-q', root, 'main');
  repo.git('reset', '-q', '--hard', 'FETCH_HEAD');
  for (const [path, content] of Object.entries(before)) repo.write(path, content);
  if (Object.keys(before).length > 0) repo.commit('before');
  if (repo.remote) repo.git('push', '-q', '--force', 'origin', 'main');
  return repo;
}

/** Registered adapters that ask for more variables than they do by themselves. */
function adaptersOf({ needs }: Answers): Adapters | undefined {
  if (!needs) return undefined;
  const kinds = Object.entries(registeredAdapters) as [keyof Adapters, Adapters[keyof Adapters]][];
  return Object.fromEntries(
    kinds.map(([kind, registry]) => [
      kind,
      Object.fromEntries(
        Object.entries(registry).map(([id, one]) => [id, { ...one, env: needs[kind]?.[id] ?? one.env }]),
      ),
    ]),
  ) as unknown as Adapters;
}

function edit(place: Place, path: string, replacements: Readonly<Record<string, string>>): void {
  let text = textOf(place, path);
  for (const [from, to] of Object.entries(replacements)) {
    if (text.split(from).length !== 2)
      throw new Error(`${path} has ${text.split(from).length - 1} times ${JSON.stringify(from)}, expected 1`);
    text = text.replace(from, () => to);
  }
  write(place, pathIn(place, path), text);
}

function plant(place: Place, { batch, path, visits, clicks = 0, cta = '' }: Visits): void {
  const [, day = '', time = ''] = /^(\d{8})T(\d{4})/.exec(batch) ?? [];
  const at = `${day.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)/, '$1:$2')}:00Z`;
  const line = (event: object): string => `${JSON.stringify({ at, ...event })}\n`;
  const lines = line({ type: 'visit', path }).repeat(visits) + line({ type: 'click', path, cta }).repeat(clicks);
  const file = `.mhub/events/${batch}.jsonl`;
  write(place, '.mhub/.gitignore', '*\n');
  write(place, file, textOf(place, file) + lines);
}

/** Lets a commit of somebody else reach the remote while the push with this number is on its way. */
function interrupt(repo: TempRepo, { push, write: files }: NonNullable<Step['meanwhile']>): void {
  const clone = mkdtempSync(join(dirname(repo.root), 'other-'));
  repo.git('clone', '-q', repo.remote ?? '', clone);
  for (const [path, content] of Object.entries(files)) write({ ...repo, root: clone }, path, content);
  repo.git('-C', clone, 'config', 'user.name', 'Grace');
  repo.git('-C', clone, 'config', 'user.email', 'grace@example.com');
  repo.git('-C', clone, 'add', '-A');
  repo.git('-C', clone, 'commit', '-q', '-m', 'meanwhile');
  const hook = join(repo.remote ?? '', 'hooks/pre-receive');
  // The other push calls the hook as well, one number later.
  const script = [
    '#!/bin/sh',
    'count=$(($(cat pushes 2>/dev/null || echo 0) + 1))',
    'echo $count > pushes',
    `[ $count -ne ${push} ] && exit 0`,
    'unset GIT_DIR GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES',
    `git -C '${clone}' pull -q --rebase origin main && git -C '${clone}' push -q origin main`,
    '',
  ];
  writeFileSync(hook, script.join('\n'));
  chmodSync(hook, 0o755);
}

function prepare(place: Place, step: Step, start: string): void {
  const { git } = place;
  if (step.rewind) {
    git('reset', '-q', '--hard', start);
    rmSync(join(place.root, '.mhub'), { recursive: true, force: true });
  }
  for (const [path, content] of Object.entries(step.write ?? {})) write(place, path, content);
  for (const [path, replacements] of Object.entries(step.edit ?? {})) edit(place, path, replacements);
  for (const path of step.delete ?? []) rmSync(join(place.root, path), { recursive: true });
  for (const visits of step.visits ?? []) plant(place, visits);
  const isEdited = step.write !== undefined || step.edit !== undefined || step.delete !== undefined;
  if (isEdited && !step.uncommitted && git('status', '--porcelain') !== '') {
    git('add', '-A');
    git('commit', '-q', '-m', step.name);
  }
  for (const command of step.git ?? []) git(...command.split(' '));
}

function cloneOf(repo: TempRepo, { root }: Place): Place {
  const clone = mkdtempSync(join(dirname(repo.root), 'clone-'));
  repo.git('clone', '-q', root, clone);
  return { root: clone, remote: repo.remote, git: (...args) => repo.git('-C', clone, ...args) };
}

export async function play(scenario: Scenario): Promise<void> {
  const repo = await prepared(scenario);
  try {
    const adapters = adaptersOf(scenario.answers);
    const start = repo.git('rev-parse', 'HEAD').trim();
    let place: Place = repo;
    let now = FIRST_RUN;
    for (const step of scenario.answers.steps) {
      now = step.now ?? now;
      if (step.clone) place = cloneOf(repo, place);
      prepare(place, step, start);
      if (step.meanwhile) interrupt(repo, step.meanwhile);
      const before = factsOf(place.root, place.git, place.remote);
      const [command = '', ...args] = step.mhub.split(' ');
      const ended = await mhub([command, '--cwd', place.root, ...args], {
        now,
        env: { ...repo.env, ...step.env },
        adapters,
      });
      const expected = scenario.after[step.name];
      if (!expected) throw new Error(`nothing is expected of ${step.name}`);
      try {
        check(place, expected, ended, before);
      } catch (error) {
        if (error instanceof Error) error.message = `${step.name}: ${error.message}`;
        throw error;
      }
    }
  } finally {
    repo.remove();
  }
}
