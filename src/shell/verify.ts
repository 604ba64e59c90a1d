/** `mhub verify`: walks the history of the branch and says what must not be there. */
import { createHistoryAudit, strangeBase } from '../core/audit/history.ts';
import type { Checked } from '../core/audit/model.ts';
import type { Irregularity } from '../core/audit/rules.ts';
import {
  auditCtas,
  auditEngineFile,
  auditListing,
  auditPages,
  auditWithdrawnPages,
  engineFiles,
} from '../core/audit/site.ts';
import { Usage } from '../core/errors.ts';
import { columns, type Paint } from '../core/report.ts';
import { jobs } from '../generated/jobs.ts';
import { lineOf, readHistory } from './audit-history.ts';
import { openRepo, type Repo } from './git.ts';
import { checkedObjectId } from './run-git.ts';

export interface Verification {
  readonly commit: string;
  /** Only what came after this commit is reported. */
  readonly since?: string;
  readonly findings: readonly Irregularity[];
  readonly checked: Checked;
}

/** @throws Usage when the text names no commit */
async function resolveCommit(repo: Repo, text: string): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${text}^{commit}`];
  const { code, stdout } = await repo.git(args, { answers: [0, 1, 128] });
  if (code !== 0) throw new Usage(`--since ${text}: no such commit`);
  return stdout.toString().trim();
}

async function requireWholeHistory(repo: Repo): Promise<void> {
  const { stdout } = await repo.git(['rev-parse', '--is-shallow-repository']);
  if (stdout.toString().trim() !== 'true') return;
  throw new Usage(
    'this clone has only a part of the history, so nothing can be said about it: run "git fetch --unshallow" first',
  );
}

async function comesBefore(repo: Repo, base: string, commit: string): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', checkedObjectId(base), checkedObjectId(commit)];
  return (await repo.git(args, { answers: 'any' })).code === 0;
}

/** Files per git process. */
const BATCH = 500;

async function* contentsOf<T extends { readonly oid: string }>(
  repo: Repo,
  files: readonly T[],
): AsyncGenerator<T & { readonly bytes: Uint8Array }> {
  for (let start = 0; start < files.length; start += BATCH) {
    const batch = files.slice(start, start + BATCH);
    const blobs = await repo.readBlobs(batch.map(({ oid }) => oid));
    for (const file of batch) yield { ...file, bytes: blobs.get(file.oid) ?? new Uint8Array() };
  }
}

/** The files as they are at the commit. */
async function verifyFiles(
  repo: Repo,
  commit: string,
  audit: ReturnType<typeof createHistoryAudit>,
): Promise<Irregularity[]> {
  const { checked, pages } = audit;
  const tree = await repo.list(commit, ['hub', 'site']);
  const oids = new Map([...tree].map(([path, { oid }]) => [path, oid]));
  const found = [...auditPages(commit, oids, pages), ...auditWithdrawnPages(commit, oids, audit)];
  checked.pages = pages.size;

  const html = [...oids].filter(([path]) => path.startsWith('site/') && /\.html?$/.test(path));
  for await (const { file, bytes } of contentsOf(
    repo,
    html.map(([file, oid]) => ({ file, oid })),
  )) {
    const page = auditCtas(commit, file, Buffer.from(bytes).toString());
    checked.elements += page.elements;
    found.push(...page.found);
  }

  const listings = [...oids].filter(([path]) => audit.withdrawn.size > 0 && /^site\/.*\.(xml|json)$/.test(path));
  for await (const { file, bytes } of contentsOf(
    repo,
    listings.map(([file, oid]) => ({ file, oid })),
  )) {
    found.push(...auditListing(commit, file, Buffer.from(bytes).toString(), audit));
  }

  const engine = engineFiles(commit, new Map([...tree].map(([path, { mode }]) => [path, mode])));
  found.push(...engine.found);
  const documents = engine.entries.map((entry) => ({ entry, oid: oids.get(entry.path) ?? '' }));
  checked.documents = documents.length;
  for await (const { entry, bytes } of contentsOf(repo, documents))
    found.push(...auditEngineFile(commit, entry, bytes));
  return found;
}

/** @throws Usage when the clone is shallow, or `since` is no commit of the branch */
export async function verifyHistory(
  cwd: string,
  {
    since,
    onProgress = () => undefined,
  }: { readonly since?: string | undefined; readonly onProgress?: (what: string) => void } = {},
): Promise<Verification> {
  const repo = await openRepo(cwd);
  await requireWholeHistory(repo);
  const { commit } = await repo.head();
  const line = await lineOf(repo, commit);
  const from = since === undefined ? undefined : await resolveCommit(repo, since);
  const start = line.findIndex(({ id }) => id === from);
  if (from !== undefined && start === -1)
    throw new Usage(`--since ${since}: the branch does not pass through this commit`);

  const { commits, read } = readHistory(repo, line);
  const audit = createHistoryAudit(read, jobs);
  for await (const one of commits) {
    if (audit.checked.commits % 100 === 0) onProgress(`verify ${audit.checked.commits} of ${line.length} commits`);
    await audit.next(one);
  }
  const found = [...audit.found];
  for (const open of audit.bases) {
    if (!(await comesBefore(repo, open.base, open.commit))) found.push(strangeBase(open));
  }
  const old = new Set(line.slice(0, start + 1).map(({ id }) => id));
  const findings = [...found.filter((one) => !old.has(one.commit)), ...(await verifyFiles(repo, commit, audit))];
  return { commit, ...(from === undefined ? {} : { since: from }), findings, checked: audit.checked };
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const checkedRows = (checked: Checked): string[][] => [
  [plural(checked.commits, 'commit'), `${checked.engine_commits} of the engine: author, trailers, paths of the job`],
  [plural(checked.ledger_files, 'ledger file'), `${plural(checked.receipts, 'receipt')}: append-only, chained, dated`],
  [plural(checked.intents, 'intent'), 'on record before the receipt, gone with it, never two for a key'],
  [plural(checked.sent, 'publication'), 'verdict on the exact bytes, policy, caps, switches, halts'],
  [
    plural(checked.pages, 'page'),
    `${plural(checked.elements, 'interactive element')} on the site: as sent, each with its data-cta-id`,
  ],
  ...(checked.recipient_files > 0
    ? [
        [
          plural(checked.recipient_files, 'chunk'),
          'of mail to lists: claimed first, nobody twice, counted as receipts say',
        ],
      ]
    : []),
  ...(checked.deployments > 0
    ? [[plural(checked.deployments, 'deployment'), 'of the folder as it was in the commit that files it']]
    : []),
  [plural(checked.documents, 'file'), 'of the engine that can be read'],
];

function findingLines({ rule, commit, file, line, wrong, expected }: Irregularity, paint: Paint): string[] {
  const place = [file, line].filter((part) => part !== undefined).join(':');
  return [
    `  ${paint('red', rule)}  ${paint('yellow', commit.slice(0, 8))}  ${place}`,
    `    ${wrong}`,
    `    ${paint('dim', `expected: ${expected}`)}`,
  ];
}

export function renderVerification({ commit, since, findings, checked }: Verification, paint: Paint): string {
  const range =
    since === undefined ? `up to ${commit.slice(0, 8)}` : `after ${since.slice(0, 8)} up to ${commit.slice(0, 8)}`;
  const verdict =
    findings.length === 0
      ? `${paint('green', 'Nothing is wrong')} ${range}.`
      : `${paint('red', plural(findings.length, 'finding'))} ${range}.`;
  return [
    ...(findings.length > 0
      ? [paint('bold', 'Wrong'), ...findings.flatMap((one) => findingLines(one, paint)), '']
      : []),
    paint('bold', 'Checked'),
    ...columns(checkedRows(checked)),
    '',
    verdict,
  ].join('\n');
}
