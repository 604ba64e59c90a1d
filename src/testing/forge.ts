/** Commits that nobody should make: the engine's name on them, and whatever a test wants in them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { identityOf } from '../core/audit/authorship.ts';
import {
  ledgerFile,
  ledgerPath,
  type NewReceipt,
  openFile,
  openPath,
  publicationKey,
  receiptOf,
} from '../core/ledger.ts';
import type { Intent, Receipt } from '../generated/entities.ts';
import { commitAll, commitMessage } from '../shell/commit.ts';
import type { TempRepo } from './repo.ts';

export interface Forged {
  readonly stage: string;
  readonly at: string;
  /** Path -> content; null deletes. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Without Mhub-; those of a publication when left out. */
  readonly trailers?: Readonly<Record<string, string>>;
}

/** Commits as the engine does, with its identity, and checks the result out. */
export async function forge(repo: TempRepo, { stage, at, files, trailers }: Forged): Promise<string> {
  const identity = identityOf(parse(repo.read('mhub.yaml')) as Record<string, unknown>);
  if (!identity) throw new Error('mhub.yaml names no identity');
  const changes = Object.entries(files).map(([path, content]) => ({ path, content, because: 'forged' }));
  const message = commitMessage({
    subject: `mhub(${stage}): forged`,
    changes,
    trailers: trailers ?? { Run: 'forged', Stage: stage, Campaign: 'spring' },
  });
  const [id = ''] = await commitAll(repo.repo, {
    base: repo.git('rev-parse', 'HEAD').trim(),
    identity,
    now: at,
    commits: [{ message, changes }],
    allowed: () => true,
  });
  repo.git('reset', '-q', '--hard', id);
  return id;
}

const linesIn = <T>(repo: TempRepo, folder: string): T[] =>
  readdirSync(join(repo.root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .flatMap((name) => repo.read(`${folder}/${name}`).trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as T);

/** Receipts of the work tree, oldest file first. */
export const receiptsIn = (repo: TempRepo): Receipt[] => linesIn<Receipt>(repo, 'hub/ledger');

export const ledgerFilesIn = (repo: TempRepo): string[] => repo.git('ls-files', 'hub/ledger').trimEnd().split('\n');

/** An intent like one that was fulfilled, for another slot. */
export function intentLike(
  { campaign, asset, brand, channel, content }: Receipt,
  changes: Partial<Intent> & Pick<Intent, 'slot' | 'at' | 'run'>,
): Intent {
  const key = publicationKey(campaign, asset, channel, changes.slot);
  return { key, attempt: 1, campaign, asset, brand, channel, class: 'natural', effect: 'tree', content, ...changes };
}

export const openFiles = (intents: readonly Intent[]): Record<string, string | null> => {
  const runs = [...new Set(intents.map(({ run }) => run))];
  return Object.fromEntries(runs.map((run) => [openPath(run), openFile(intents.filter((one) => one.run === run))]));
};

/** The files of a commit that answers intents of one run. */
export function settledFiles(
  base: string,
  intents: readonly Intent[],
  changes: Partial<NewReceipt> = {},
): Record<string, string | null> {
  const receipts = intents.map(
    (intent): NewReceipt => ({
      ...receiptOf(intent, intent.run, changes.at ?? intent.at),
      status: 'sent',
      ...changes,
    }),
  );
  const [first] = intents;
  if (!first) return {};
  return { [ledgerPath(first.run, first.at)]: ledgerFile(base, [], receipts), [openPath(first.run)]: null };
}
