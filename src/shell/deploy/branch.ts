/**
 * A branch of the same remote that holds a folder and nothing else. Its commits are made of what they show, so that two
 * runs that show the same make the same commit, and it moves by compare-and-swap alone: what others have committed to it
 * stays in its history.
 */
import { type Content, idOf, type Target } from '../../core/deployments.ts';
import { Failed } from '../../core/errors.ts';
import { toInstant } from '../../core/time.ts';
import { commitMessage, signatureOf } from '../commit.ts';
import type { Repo } from '../git.ts';
import { checkedObjectId } from '../run-git.ts';
import { REMOTE } from '../transact.ts';
import { requireNewest, type Upstream } from './upstream.ts';

/** Looks at a branch that others keep moving. */
const MAX_LOOKS = 8;

/** Files that are for the host, not for readers: the engine never writes names like these into the folder. */
const NO_JEKYLL = '.nojekyll';
const HOST_NAME = 'CNAME';

/** Lines of git ls-tree -z. */
const entriesIn = (listing: string): string[] => listing.split('\0').filter((entry) => entry !== '');
const nameIn = (entry: string): string => entry.slice(entry.indexOf('\t') + 1);

async function listed(repo: Repo, tree: string, ...names: readonly string[]): Promise<string[]> {
  const { stdout } = await repo.git(['ls-tree', '-z', '--full-tree', tree, '--', ...names]);
  return entriesIn(stdout.toString());
}

async function written(repo: Repo, type: 'blob' | 'commit', content: string): Promise<string> {
  const { stdout } = await repo.git(['hash-object', '-w', '-t', type, '--stdin'], { input: [content] });
  return checkedObjectId(stdout.toString().trim());
}

/**
 * The folder as it is at a commit. GitHub Pages would run Jekyll over it without .nojekyll, and keeps the domain that a
 * person has set for it in a file of the branch.
 */
async function treeOf(repo: Repo, commit: string, folder: string, tip: string | null): Promise<string> {
  const [id] = await repo.objectIds(commit, [folder]);
  const own = id ? await listed(repo, id) : [];
  const names = new Set(own.map(nameIn));
  const hostName = tip === null ? [] : await listed(repo, tip, HOST_NAME);
  const entries = [
    ...own,
    ...(names.has(NO_JEKYLL) ? [] : [`100644 blob ${await written(repo, 'blob', '')}\t${NO_JEKYLL}`]),
    ...(names.has(HOST_NAME) ? [] : hostName),
  ];
  const { stdout } = await repo.git(['mktree', '-z', '--missing'], {
    input: [entries.map((entry) => `${entry}\0`).join('')],
  });
  return checkedObjectId(stdout.toString().trim());
}

/** The commit that has last changed the folder: it dates what is shown. */
async function sourceOf(repo: Repo, head: string, folder: string): Promise<{ id: string; seconds: number }> {
  const format = '--format=%H %ct';
  const { stdout } = await repo.git(['log', '-1', format, checkedObjectId(head), '--', folder]);
  const [id = '', seconds = ''] = stdout.toString().trim().split(' ');
  return { id: checkedObjectId(id), seconds: Number(seconds) };
}

async function commitOf(
  { repo, head, identity }: Upstream,
  target: Target,
  { files, digest }: Content,
  tree: string,
  parent: string | null,
): Promise<string> {
  const source = await sourceOf(repo, head(), target.folder);
  const signature = signatureOf(identity, toInstant(source.seconds * 1000));
  const message = commitMessage({
    subject: `mhub(publish): ${target.folder} of ${idOf(target)}, ${files.size} files`,
    changes: [],
    trailers: { Effect: digest, Source: source.id },
  });
  const lines = [
    `tree ${tree}`,
    ...(parent === null ? [] : [`parent ${parent}`]),
    `author ${signature}`,
    `committer ${signature}`,
    '',
    message,
  ];
  return written(repo, 'commit', lines.join('\n'));
}

/**
 * @returns  the commit on the branch that shows the folder
 * @throws   LostRace when the engine's own branch has moved; Failed when the remote refuses, or others were always faster
 */
export async function showOnBranch(
  upstream: Upstream,
  target: Target,
  branch: string,
  content: Content,
): Promise<string> {
  const { repo, head } = upstream;
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    const tip = await repo.fetch(REMOTE, branch);
    const tree = await treeOf(repo, head(), target.folder, tip);
    const [shown] = tip === null ? [null] : await repo.objectIds(tip, ['']);
    if (tip !== null && shown === tree) return tip;
    await requireNewest(upstream);
    const commit = await commitOf(upstream, target, content, tree, tip);
    // An answer that was lost on the way may have been a yes: the next look tells.
    if ((await repo.push({ remote: REMOTE, branch, commit, expected: tip })) === 'ok') return commit;
  }
  throw new Failed(`branch ${branch}: others were faster ${MAX_LOOKS} times`, { mayHaveHappened: false });
}
