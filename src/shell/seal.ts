/**
 * What a run takes of the raw events. Batches are moved, one rename each, into a folder that nobody adds to any more;
 * the folder is what is read, counted once by its name and content, and removed when the counts are committed. A run
 * that dies in between leaves the folder to the next one.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { EventBatch } from '../core/contracts.ts';
import { readBatches } from './events.ts';

const SEALED = /^sealed-[A-Za-z0-9-]+$/;
const SEALING = /^\.sealing-(\d+)$/;

const textOf = (batches: readonly EventBatch[]): string => batches.map(({ text }) => text).join('');

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

function freeName(dir: string, first: EventBatch | undefined): string {
  const stem = `sealed-${basename(first?.name ?? 'empty', '.jsonl').replace(/[^A-Za-z0-9-]/g, '-')}`;
  let name = stem;
  for (let copy = 2; existsSync(join(dir, name)); copy += 1) name = `${stem}-${copy}`;
  return name;
}

/** Finishes what a run that is no more has begun to move. */
function adoptAbandoned(dir: string): void {
  for (const name of readdirSync(dir)) {
    const [, pid] = SEALING.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    renameSync(join(dir, name), join(dir, freeName(dir, readBatches(join(dir, name))[0])));
  }
}

function seal(dir: string): void {
  adoptAbandoned(dir);
  const loose = readBatches(dir);
  if (loose.length === 0) return;
  const moving = join(dir, `.sealing-${process.pid}`);
  mkdirSync(moving);
  for (const { name } of loose) renameSync(join(dir, name), join(moving, name));
  renameSync(moving, join(dir, freeName(dir, loose[0])));
}

/**
 * Everything that waits to be counted.
 *
 * @param dryRun  look, but move nothing
 */
export function takeEvents(dir: string, { dryRun }: { readonly dryRun: boolean }): EventBatch[] {
  if (!existsSync(dir)) return [];
  if (!dryRun) seal(dir);
  const loose = dryRun ? readBatches(dir) : [];
  const sealed = readdirSync(dir)
    .filter((name) => SEALED.test(name))
    .sort()
    .map((name) => ({ name, text: textOf(readBatches(join(dir, name))) }));
  return loose.length > 0 ? [...sealed, { name: 'waiting', text: textOf(loose) }] : sealed;
}

/** Removes what `takeEvents` gave, once it is counted and committed. */
export function dropEvents(dir: string, taken: readonly EventBatch[]): void {
  for (const { name } of taken) {
    if (!SEALED.test(name)) throw new RangeError(`not the name of a sealed batch: ${name}`);
    rmSync(join(dir, name), { recursive: true, force: true });
  }
}
