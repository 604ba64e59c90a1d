/** Commits without index and work tree: one git fast-import process, then a compare-and-swap of the branch. */
import { randomUUID } from 'node:crypto';
import type { FileChange, Instant } from '../core/contracts.ts';
import { Failed } from '../core/errors.ts';
import type { Repo } from './git.ts';
import { branchRef, checkedObjectId, complaint } from './run-git.ts';

export interface CommitRequest {
  readonly message: string;
  readonly changes: readonly Pick<FileChange, 'path' | 'content'>[];
}

export interface CommitAll {
  readonly base: string;
  /** Author and committer. */
  readonly identity: { readonly name: string; readonly email: string };
  readonly now: Instant;
  /** Oldest first, each on top of the one before. */
  readonly commits: readonly CommitRequest[];
  /** What may be written at all; asked for every path. */
  readonly allowed: (path: string) => boolean;
}

const PATH_COMPONENT = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$/;
const TRAILER_NAME = /^[A-Z][A-Za-z]*(-[A-Z][A-Za-z]*)*$/;
const MAX_LINE = 200;

/**
 * Writes commits on top of `base`; no ref moves and neither index nor work tree is touched.
 * The same request gives the same commit ids.
 *
 * @returns  commit ids, in the order of the requests
 * @throws   Error before anything is written when a path is not plain or not allowed
 */
export async function commitAll(repo: Repo, request: CommitAll): Promise<string[]> {
  if (request.commits.length === 0) return [];
  for (const { path } of request.commits.flatMap(({ changes }) => changes)) requireWritable(path, request.allowed);
  const { stdout } = await repo.git(['-c', 'core.fsync=all', 'fast-import', '--quiet', '--done'], {
    input: importStream(request),
  });
  return stdout.toString().trim().split('\n');
}

function requireWritable(path: string, allowed: (path: string) => boolean): void {
  const isPlain = path.split('/').every((component) => PATH_COMPONENT.test(component));
  if (!isPlain) throw new Error(`refused to write ${JSON.stringify(path)}: not a plain path`);
  if (!allowed(path)) throw new Error(`refused to write ${path}: not among the paths of this job`);
}

/** Author or committer as a commit object has it. */
export const signatureOf = ({ name, email }: CommitAll['identity'], at: Instant): string =>
  `${plainName(name)} <${plainName(email)}> ${secondsOf(at)} +0000`;

/** Every text is preceded by its length in bytes, so nothing in it can be read as a command. */
function importStream({ base, identity, now, commits }: CommitAll): Uint8Array[] {
  const signature = signatureOf(identity, now);
  const data = (content: string | Uint8Array): Uint8Array[] => {
    const bytes = Buffer.from(content);
    return [line(`data ${bytes.length}`), bytes, line('')];
  };
  // fast-import wants a ref to commit to. This one never reaches the disk: the stream that uses it deletes it again.
  const scratchRef = `refs/mhub/${randomUUID()}`;
  const stream = commits.flatMap(({ message, changes }, index) => [
    line(`commit ${scratchRef}`),
    line(`mark :${index + 1}`),
    line(`author ${signature}`),
    line(`committer ${signature}`),
    ...data(message.replaceAll('\0', ' ')),
    ...(index === 0 ? [line(`from ${checkedObjectId(base)}`)] : []),
    ...changes.flatMap(({ path, content }) =>
      content === null ? [line(`D ${path}`)] : [line(`M 100644 inline ${path}`), ...data(content)],
    ),
    line(''),
  ]);
  const marks = commits.map((_, index) => line(`get-mark :${index + 1}`));
  return [
    ...stream,
    ...marks,
    line(`reset ${scratchRef}`),
    line(`from ${'0'.repeat(base.length)}`),
    line(''),
    line('done'),
  ];
}

const line = (text: string): Uint8Array => Buffer.from(`${text}\n`);

const plainName = (text: string): string => text.replace(/[<>\p{Cc}]/gu, '').trim();

function secondsOf(now: Instant): number {
  const milliseconds = Date.parse(now);
  if (Number.isNaN(milliseconds)) throw new Error(`not an instant: ${JSON.stringify(now)}`);
  return Math.floor(milliseconds / 1000);
}

/**
 * Moves a branch if nobody else did since.
 *
 * @returns  false when the branch is not at `from` any more; nothing has changed then
 */
export async function advance(repo: Repo, branch: string, from: string, to: string): Promise<boolean> {
  const ref = branchRef(branch);
  const transaction = `start\nupdate ${ref} ${checkedObjectId(to)} ${checkedObjectId(from)}\nprepare\ncommit\n`;
  const answer = await repo.git(
    ['-c', 'core.fsync=all', '-c', 'core.filesRefLockTimeout=2000', 'update-ref', '-m', 'mhub', '--stdin'],
    { input: [transaction], answers: [0, 128] },
  );
  if (answer.code === 0) return true;
  const { stdout } = await repo.git(['for-each-ref', '--format=%(objectname)', ref]);
  if (stdout.toString().trim() !== from) return false;
  throw new Failed(`git update-ref ${branch}: ${complaint(answer)}`, { mayHaveHappened: false });
}

/**
 * The text of one of the engine's commits, in the shape that history.ts reads back.
 *
 * @param trailers  name without the Mhub- prefix -> value
 */
export function commitMessage({
  subject,
  changes,
  trailers,
}: {
  readonly subject: string;
  readonly changes: readonly Pick<FileChange, 'path' | 'because'>[];
  readonly trailers: Readonly<Record<string, string>>;
}): string {
  const reasons = changes.map(({ path, because }) => `- ${path}: ${oneLine(because)}`);
  const notes = Object.entries(trailers).map(([name, value]) => {
    if (!TRAILER_NAME.test(name)) throw new Error(`not a trailer name: ${JSON.stringify(name)}`);
    return `Mhub-${name}: ${oneLine(value)}`;
  });
  const paragraphs = [[oneLine(subject)], reasons, notes].filter((lines) => lines.length > 0);
  return `${paragraphs.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function oneLine(text: string): string {
  return [...text.replace(/[\s\p{Cc}]+/gu, ' ').trim()].slice(0, MAX_LINE).join('');
}
