/** The records of one mailing in the repository: read whole, and only ever appended to. */
import type { ChangeSet, FileChange } from '../../core/contracts.ts';
import { readLines } from '../../core/entity.ts';
import { Failed } from '../../core/errors.ts';
import { jsonLines } from '../../core/ledger.ts';
import { MailingRecords, recordsFolder, recordsPath } from '../../core/mailing/records.ts';
import { isLink } from '../../core/paths.ts';
import type { RecipientBatch, Suppression } from '../../generated/entities.ts';
import type { World } from '../world.ts';

/** Lines that are to stand at the end of a file of claims. */
export interface Entry {
  readonly batch: string;
  readonly lines: readonly RecipientBatch[];
}

interface Read {
  readonly records: MailingRecords;
  /** Files that are torn, or not those of the engine. */
  readonly unreadable: readonly string[];
}

async function read(world: World, publication: string): Promise<Read> {
  const records = new MailingRecords();
  const unreadable: string[] = [];
  const folder = recordsFolder(publication);
  for (const [path, { bytes, mode }] of await world.subtree([folder])) {
    const { values, problems } = readLines('RecipientBatch', path, bytes);
    if (problems.length > 0 || isLink(mode)) unreadable.push(path);
    records.add(path.slice(folder.length + 1, -'.jsonl'.length), values);
  }
  return { records, unreadable };
}

/** @throws Failed when a record cannot be read: whoever stands in it may have been mailed */
export async function readRecords(world: World, publication: string): Promise<MailingRecords> {
  const { records, unreadable } = await read(world, publication);
  if (unreadable.length === 0) return records;
  throw new Failed(`cannot read ${unreadable.join(', ')}, so nobody is mailed: restore it`, { mayHaveHappened: true });
}

/** What can be read of them. */
export const legibleRecords = async (world: World, publication: string): Promise<MailingRecords> =>
  (await read(world, publication)).records;

async function appended(world: World, path: string, lines: readonly object[]): Promise<string> {
  const before = (await world.load([path])).get(path);
  return (before === undefined ? '' : Buffer.from(before.bytes).toString('utf8')) + jsonLines(lines);
}

export interface Addition {
  readonly scope: string;
  readonly title: string;
  readonly publication: string;
  readonly entries: readonly Entry[];
  readonly suppressions?: { readonly path: string; readonly added: readonly Suppression[] };
}

/** What is to be written; entries of one file are taken together, in their order. */
export async function recordsChangeSet(
  world: World,
  { scope, title, publication, entries, suppressions }: Addition,
): Promise<ChangeSet> {
  const lines = new Map<string, RecipientBatch[]>();
  for (const { batch, lines: added } of entries) {
    if (added.length > 0) lines.set(batch, [...(lines.get(batch) ?? []), ...added]);
  }
  const changes: FileChange[] = [];
  for (const [batch, added] of lines) {
    const path = recordsPath(publication, batch);
    const states = [...new Set(added.map(({ state }) => state))].join(', ');
    changes.push({ path, content: await appended(world, path, added), because: states });
  }
  if (suppressions && suppressions.added.length > 0) {
    const { path, added } = suppressions;
    changes.push({ path, content: await appended(world, path, added), because: `${added.length} bounced` });
  }
  return { stage: 'publish', scope, title, changes };
}
