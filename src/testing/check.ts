/** Holds what a step did against what the scenario expects of it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Receipt } from '../generated/entities.ts';
import { brokenPromises, type Facts, factsOf, publicationLine } from './facts.ts';
import type { Ended } from './mhub.ts';
import { type Place, textOf } from './place.ts';
import type { Expected } from './scenario.ts';

const receiptId = ({ key, status, run }: Receipt): string => [key, status, run].join(' ');

/** Receipts that were filed between the two. */
function filed(status: Receipt['status'], before: Facts, after: Facts): string[] {
  const old = new Set(before.receipts.map(receiptId));
  const added = after.receipts.filter((receipt) => receipt.status === status && !old.has(receiptId(receipt)));
  return added.map(publicationLine).sort();
}

export function check(place: Place, expected: Expected, { exit, output }: Ended, before: Facts): void {
  const after = factsOf(place.root, place.git, place.remote);
  const exists = (path: string): boolean => existsSync(join(place.root, path));
  const known = new Set(before.history.map(({ id }) => id));
  const commits = after.history.filter(({ id }) => !known.has(id)).map(({ subject }) => subject);

  expect(exit, output).toBe(expected.exit);
  for (const text of expected.says ?? []) expect(output).toContain(text);
  for (const text of expected.never_says ?? []) expect(output).not.toContain(text);
  if (expected.published) expect(filed('sent', before, after), output).toEqual([...expected.published].sort());
  if (expected.released) expect(filed('released', before, after)).toEqual([...expected.released].sort());
  if (expected.withdrawn) expect(filed('withdrawn', before, after)).toEqual([...expected.withdrawn].sort());
  if (expected.history) expect(commits).toEqual(expected.history);
  if (expected.commits !== undefined) expect(commits, output).toHaveLength(expected.commits);
  if (expected.commits === 0) expect(after.files).toBe(before.files);
  if (expected.pushes) expect(after.pushes.slice(before.pushes.length)).toEqual(expected.pushes);
  if (expected.untouched) expect(after).toEqual(before);
  expect((expected.there ?? []).filter((path) => !exists(path))).toEqual([]);
  expect((expected.gone ?? []).filter(exists)).toEqual([]);
  for (const [path, texts] of Object.entries(expected.shows ?? {})) {
    for (const text of texts) expect(textOf(place, path), path).toContain(text);
  }
  for (const [path, texts] of Object.entries(expected.never_shows ?? {})) {
    for (const text of texts) expect(textOf(place, path), path).not.toContain(text);
  }
  expect(
    place
      .git('status', '--porcelain')
      .split('\n')
      .filter((line) => line !== ''),
  ).toEqual(expected.status ?? []);
  expect(brokenPromises(after)).toEqual([]);
}
