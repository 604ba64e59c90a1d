/** What a repository shows of the loop, and what must hold whatever happens. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../core/hash.ts';
import { isReceiptFile, wentOut } from '../core/ledger.ts';
import type { Intent, Receipt } from '../generated/entities.ts';
import { filesIn } from './scenario.ts';

/** Runs git and gives what it printed. */
export type Git = (...args: string[]) => string;

export interface Commit {
  readonly id: string;
  readonly subject: string;
  /** Paths that it wrote. */
  readonly wrote: readonly string[];
  /** Keys of the intents and receipts that it added. */
  readonly announced: readonly string[];
  readonly filed: readonly string[];
}

export interface Facts {
  /** Oldest first. */
  readonly history: readonly Commit[];
  /** Subjects of the tips that origin has had, oldest first; none without a remote. */
  readonly pushes: readonly string[];
  readonly ledger: Readonly<Record<string, string>>;
  readonly receipts: readonly Receipt[];
  readonly intents: readonly Intent[];
  /** Digests of all files but those of .mhub, and of those of .mhub. */
  readonly files: string;
  readonly derived: string;
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** Whole lines only: a scenario may have cut one. */
const recordsIn = <T>(files: Readonly<Record<string, string>>): T[] =>
  Object.values(files).flatMap((text) =>
    linesOf(text)
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as T),
  );

const digestOf = (files: Readonly<Record<string, string>>): string =>
  sha256(
    JSON.stringify(
      Object.keys(files)
        .sort()
        .map((path) => [path, files[path]]),
    ),
  );

/** By the commit that it ends with. */
const histories = new Map<string, readonly Commit[]>();

function historyOf(root: string, git: Git): readonly Commit[] {
  const branch = join(root, '.git/refs/heads/main');
  const tip = existsSync(branch) ? readFileSync(branch, 'utf8') : git('rev-parse', 'HEAD');
  const known = histories.get(tip) ?? readHistory(git);
  histories.set(tip, known);
  return known;
}

function readHistory(git: Git): Commit[] {
  const records = new Map(recordsOf(git).map((record) => [record.id, record]));
  const log = git('log', '--reverse', '--no-renames', '--name-status', '--format=%x00%H %s');
  return log
    .split('\0')
    .slice(1)
    .map((record) => {
      const [head = '', ...changes] = linesOf(record);
      const wrote = changes.filter((change) => !change.startsWith('D')).map((change) => change.slice(2));
      const { announced = [], filed = [] } = records.get(head.slice(0, 40)) ?? {};
      return { id: head.slice(0, 40), subject: head.slice(41), wrote, announced, filed };
    });
}

/** Commits that added lines to the open intents or to the ledger. */
function recordsOf(git: Git): Pick<Commit, 'id' | 'announced' | 'filed'>[] {
  const log = git('log', '--no-renames', '-p', '-U0', '--format=%x00%H', '--', 'hub/open', 'hub/ledger');
  return log
    .split('\0')
    .slice(1)
    .map((patch) => {
      const added = (folder: string): string[] =>
        patch
          .split('\ndiff --git ')
          .filter((file) => file.startsWith(`a/${folder}/`))
          .flatMap((file) => [...file.matchAll(/^\+\{"key":"([0-9a-f]{64})"/gm)].map(([, key = '']) => key));
      return { id: patch.slice(0, 40), announced: added('hub/open'), filed: added('hub/ledger') };
    });
}

/** @param remote  bare repository that keeps a reflog */
export function factsOf(root: string, git: Git, remote: string | undefined): Facts {
  const ledger = Object.fromEntries(
    Object.entries(filesIn(join(root, 'hub/ledger'))).filter(([path]) => isReceiptFile(`hub/ledger/${path}`)),
  );
  return {
    history: historyOf(root, git),
    pushes: remote === undefined ? [] : linesOf(git('-C', remote, 'log', '-g', '--format=%s', 'main')).reverse(),
    ledger,
    receipts: recordsIn<Receipt>(ledger),
    intents: recordsIn<Intent>(filesIn(join(root, 'hub/open'))),
    files: digestOf(filesIn(root, ['.git', '.mhub'])),
    derived: digestOf(filesIn(join(root, '.mhub'))),
  };
}

/** spring landing-page-a web r1 */
export const publicationLine = ({ campaign, asset, channel, slot }: Receipt): string =>
  [campaign, asset, channel, slot].join(' ');

/** A line names the line before it, and the first one the commit that the run started from. */
function brokenChains({ ledger, history }: Facts): string[] {
  const commits = new Set(history.map(({ id }) => id));
  return Object.entries(ledger).flatMap(([path, text]) => {
    const lines = linesOf(text);
    const isWrong = lines.some((line, index) => {
      const prev = recordsIn<Receipt>({ path: line })[0]?.prev ?? '';
      return index === 0 ? !commits.has(prev) : prev !== sha256(lines[index - 1] ?? '');
    });
    return isWrong ? [`the chain of hub/ledger/${path} is broken`] : [];
  });
}

/** Receipts whose intent is not in an earlier commit. */
function unannounced({ receipts, history }: Facts): string[] {
  return receipts
    .filter(({ status }) => status === 'sent')
    .filter(({ key }) => {
      const intent = history.findIndex(({ announced }) => announced.includes(key));
      return intent < 0 || intent >= history.findIndex(({ filed }) => filed.includes(key));
    })
    .map((receipt) => `${publicationLine(receipt)} was not announced by an intent`);
}

/** The promise: never twice, announced first, nothing left open, and a record that shows when it was tampered with. */
export function brokenPromises(facts: Facts): string[] {
  const sent = facts.receipts.filter(wentOut);
  return [
    ...sent
      .filter(({ key }, index) => sent.findIndex((other) => other.key === key) < index)
      .map((receipt) => `${publicationLine(receipt)} went out twice`),
    ...facts.intents.map(({ asset }) => `the intent of ${asset} is still open`),
    ...brokenChains(facts),
    ...unannounced(facts),
  ];
}
