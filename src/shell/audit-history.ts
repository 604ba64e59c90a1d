/** Reads a history for an audit: few git processes, and never more in memory than a stretch of it. */
import type { AuditChange, AuditCommit, ReadBlob } from '../core/audit/model.ts';
import { toInstant } from '../core/time.ts';
import type { Repo } from './git.ts';
import { trailersOf } from './history.ts';
import { checkedObjectId } from './run-git.ts';

interface Link {
  readonly id: string;
  readonly parents: readonly string[];
}

interface Commit extends Link {
  readonly tree: string;
}

/** Everything that leads to the tip, by id. */
async function commitsBefore(repo: Repo, tip: string): Promise<ReadonlyMap<string, Commit>> {
  const { stdout } = await repo.git(['log', '--format=%H %T %P', checkedObjectId(tip), '--']);
  const lines = stdout.toString().split('\n');
  return new Map(
    lines
      .filter((line) => line !== '')
      .map((line) => {
        const [id = '', tree = '', ...parents] = line.split(' ');
        return [id, { id, tree, parents: parents.filter((parent) => parent !== '') }];
      }),
  );
}

/**
 * The side that a merge could have moved the branch to just as well: it builds on what the branch was, and the merge
 * holds the same files. So does a pull request that was up to date.
 */
function forwarded(commits: ReadonlyMap<string, Commit>, { tree, parents }: Commit): string | undefined {
  const [before, side, ...others] = parents;
  if (before === undefined || side === undefined || others.length > 0) return undefined;
  if (commits.get(side)?.tree !== tree) return undefined;
  for (let at = commits.get(side); at; at = commits.get(at.parents[0] ?? '')) {
    if (at.id === before) return side;
  }
  return undefined;
}

/**
 * The way of the branch, oldest first: along the first parent, but through the commits that a merge only moved it to.
 * Those are held against the rules one by one, as if they had been pushed, and the merge changes nothing.
 */
export async function lineOf(repo: Repo, tip: string): Promise<Link[]> {
  const commits = await commitsBefore(repo, tip);
  const line: Link[] = [];
  for (let at = commits.get(tip); at; ) {
    const side = forwarded(commits, at);
    const parents = side === undefined ? at.parents : [side];
    line.push({ id: at.id, parents });
    at = commits.get(parents[0] ?? '');
  }
  return line.reverse();
}

/** Commits per git process. */
const STRETCH = 250;
const KEPT_BLOBS = 200;

/** Contents that an audit is going to ask for. */
const ASKED =
  /^(mhub\.yaml|campaigns\/.*|brands\/[^/]+\/channels\/.*|hub\/(ledger|open|halts|policies|campaigns\/[^/]+\/(assets|verdicts))\/.*)$/;

export interface HistoryReader {
  readonly commits: AsyncGenerator<AuditCommit>;
  readonly read: ReadBlob;
}

export function readHistory(repo: Repo, line: readonly Link[]): HistoryReader {
  // What a receipt rests on was mostly written just before it: two stretches hold nearly all that is asked for.
  let contents: ReadonlyMap<string, Uint8Array>[] = [];
  // The rest is asked for again and again, such as the configuration.
  const older = new Map<string, Uint8Array>();
  const read: ReadBlob = async (oid) => {
    const known = older.get(oid) ?? contents.map((blobs) => blobs.get(oid)).find((bytes) => bytes !== undefined);
    if (known) return known;
    const bytes = (await repo.readBlobs([oid])).get(oid) ?? new Uint8Array();
    if (older.size >= KEPT_BLOBS) older.clear();
    older.set(oid, bytes);
    return bytes;
  };
  async function* commits(): AsyncGenerator<AuditCommit> {
    for (let start = 0; start < line.length; start += STRETCH) {
      const stretch = await readStretch(repo, line.slice(start, start + STRETCH));
      const wanted = stretch
        .flatMap(({ changes }) => changes.filter(({ path }) => ASKED.test(path)))
        .flatMap(({ before, after }) => [before, after])
        .filter((oid) => oid !== null);
      contents = [await repo.readBlobs(wanted), ...contents.slice(0, 1)];
      yield* stretch;
    }
  }
  return { commits: commits(), read };
}

const FORMAT = ['%H', '%an', '%ae', '%cn', '%ce', '%ct', '%B', ''].join('%x00');

async function readStretch(repo: Repo, links: readonly Link[]): Promise<AuditCommit[]> {
  // A commit given with parents is compared with these.
  const input = links.map(({ id, parents }) => `${[id, ...parents.slice(0, 1)].join(' ')}\n`);
  const { stdout } = await repo.git(
    [
      'diff-tree',
      '--stdin',
      '--root',
      '--always',
      '-r',
      '-z',
      '--raw',
      '--no-renames',
      '--no-abbrev',
      '--encoding=UTF-8',
      `--format=${FORMAT}`,
    ],
    { input },
  );
  const parentsOf = new Map(links.map(({ id, parents }) => [id, parents]));
  return parseStretch(stdout.toString(), parentsOf);
}

function parseStretch(output: string, parentsOf: ReadonlyMap<string, readonly string[]>): AuditCommit[] {
  const commits: (AuditCommit & { changes: AuditChange[] })[] = [];
  const fields = output.split('\0');
  for (let at = 0; at < fields.length; ) {
    const field = (fields[at] ?? '').trimStart();
    if (field === '') at += 1;
    else if (field.startsWith(':')) {
      commits.at(-1)?.changes.push(changeOf(field, fields[at + 1] ?? ''));
      at += 2;
    } else {
      const [, name = '', email = '', committer = '', committerEmail = '', seconds = '', body = ''] = fields.slice(
        at,
        at + 7,
      );
      commits.push({
        id: field,
        parents: parentsOf.get(field) ?? [],
        author: { name, email },
        committer: { name: committer, email: committerEmail },
        at: toInstant(Number(seconds) * 1000),
        trailers: trailersOf(body.trimEnd().split('\n')),
        changes: [],
      });
      at += 7;
    }
  }
  return commits;
}

/** @param raw  :100644 100644 <before> <after> M */
function changeOf(raw: string, path: string): AuditChange {
  const [modeBefore = '', modeAfter = '', before = '', after = ''] = raw.slice(1).split(' ');
  const idOf = (mode: string, oid: string): string | null => (mode === '000000' || mode === '160000' ? null : oid);
  return { path, before: idOf(modeBefore, before), after: idOf(modeAfter, after) };
}
