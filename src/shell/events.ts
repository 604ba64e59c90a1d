/** The folder of raw events: batches that the collector has finished. What a run takes of them is in seal.ts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventBatch, Instant } from '../core/contracts.ts';
import { Failed } from '../core/errors.ts';
import { eventLine, type ReportedEvent } from '../core/events.ts';

const MAX_BATCH_EVENTS = 500;
/** While batches cannot be written, so many events wait; later ones are dropped. */
const MAX_WAITING_EVENTS = 10_000;
/** The collector's batches stay far below: an event has at most about 500 bytes. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;
/** A run takes the oldest batches up to this; the next run takes more. */
const MAX_RUN_BYTES = 64 * 1024 * 1024;
const BATCH_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*\.jsonl$/;

/**
 * Finished batches by name, which is oldest first; a folder that is not there has none.
 * @throws Failed when a file is larger than anything that the collector writes
 */
export function readBatches(dir: string): EventBatch[] {
  if (!existsSync(dir)) return [];
  const names = readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isFile() && BATCH_NAME.test(entry.name))
    .map(({ name }) => name)
    .sort();
  const batches: EventBatch[] = [];
  let left = MAX_RUN_BYTES;
  for (const name of names) {
    const { size } = statSync(join(dir, name));
    if (size > MAX_BATCH_BYTES) {
      throw new Failed(
        `${join(dir, name)} has ${size} bytes, expected at most ${MAX_BATCH_BYTES}: split or remove it`,
        {
          mayHaveHappened: false,
        },
      );
    }
    left -= size;
    if (left < 0) break;
    batches.push({ name, text: readFileSync(join(dir, name), 'utf8') });
  }
  return batches;
}

/**
 * Writes a batch under a name that no batch has. It appears whole or not at all, and never changes afterwards.
 * @returns its name: 20261123T090000Z-0001.jsonl
 */
export function writeBatch(dir: string, now: Instant, text: string): string {
  mkdirSync(dir, { recursive: true });
  const stamp = now.replace(/[^0-9TZ]/g, '');
  const nameOf = (sequence: number): string => `${stamp}-${String(sequence).padStart(4, '0')}.jsonl`;
  let sequence = 1;
  while (existsSync(join(dir, nameOf(sequence)))) sequence += 1;
  const unfinished = join(dir, `.${nameOf(sequence)}.${process.pid}`);
  writeFileSync(unfinished, text, { flag: 'w', mode: 0o600 });
  renameSync(unfinished, join(dir, nameOf(sequence)));
  return nameOf(sequence);
}

/** Events on their way into batches: `add` takes one, `flush` files what has been taken. */
export function collectInto(eventsDir: string, now: () => Instant) {
  let lines: string[] = [];
  function flush(): void {
    while (lines.length > 0) {
      writeBatch(eventsDir, now(), lines.slice(0, MAX_BATCH_EVENTS).join(''));
      lines = lines.slice(MAX_BATCH_EVENTS);
    }
  }
  function tryFlush(): void {
    try {
      flush();
    } catch (error) {
      // A full disk or a lost folder may come back: the events wait, and closing reports what could not be written.
      process.stderr.write(`events wait: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  function add(event: ReportedEvent): void {
    if (lines.length >= MAX_WAITING_EVENTS) return;
    lines.push(eventLine(event, now()));
    if (lines.length === MAX_BATCH_EVENTS) tryFlush();
  }
  return { add, flush, tryFlush };
}
