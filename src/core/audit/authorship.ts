/**
 * Who may write what: the engine its outputs, people everything else. A name can be forged; what is chained in the ledger
 * and protected on the remote cannot, which is why the help says so.
 */
import { mayWrite } from '../changeset.ts';
import { canonicalJson } from '../hash.ts';
import {
  type AuditChange,
  type AuditCommit,
  type documentReader,
  fieldsOf,
  isMerge,
  isOutput,
  type Person,
} from './model.ts';
import { type Irregularity, irregular } from './rules.ts';

/** The part of a job that says what it may write. */
export interface Writer {
  readonly stage: string;
  readonly writes: readonly string[];
}

const isBy = (person: Person, engine: Person): boolean => person.name === engine.name && person.email === engine.email;

export const isByEngine = ({ author, committer }: AuditCommit, engine: Person | undefined): boolean =>
  engine !== undefined && (isBy(author, engine) || isBy(committer, engine));

const listed = (paths: readonly string[]): string =>
  paths.length === 1 ? `${paths[0]}` : `${paths[0]} and ${paths.length - 1} more`;

/** A person resumes: the halt says resolved: true now, and everything else it said before. */
async function isResuming({ path, before, after }: AuditChange, documentOf: ReturnType<typeof documentReader>) {
  if (before === null || after === null) return false;
  const [was, is] = [await documentOf(path, before), await documentOf(path, after)];
  return was?.['resolved'] === false && canonicalJson({ ...was, resolved: true }) === canonicalJson(is);
}

async function auditPerson(
  commit: AuditCommit,
  outputs: readonly AuditChange[],
  documentOf: ReturnType<typeof documentReader>,
): Promise<Irregularity[]> {
  const by = `${commit.author.name} <${commit.author.email}>`;
  const halts = outputs.filter(({ path }) => path.startsWith('hub/halts/'));
  const others = outputs.filter((change) => !halts.includes(change)).map(({ path }) => path);
  const found: Irregularity[] = [];
  for (const change of halts) {
    if (await isResuming(change, documentOf)) continue;
    const place = { commit: commit.id, file: change.path };
    found.push(irregular('authorship/halt', place, `${by} changed more than resolved: false to true`));
  }
  const [first] = others;
  if (first === undefined) return found;
  return [
    ...found,
    irregular('authorship/not-engine', { commit: commit.id, file: first }, `${by} changed ${listed(others)}`),
  ];
}

function auditEngine(commit: AuditCommit, jobs: readonly Writer[], engine: Person): Irregularity[] {
  const { id, author, committer, trailers, changes } = commit;
  const paths = changes.map(({ path }) => path);
  const [first] = paths;
  if (first === undefined) return [];
  const place = { commit: id, file: first };
  if (!isBy(author, engine) || !isBy(committer, engine)) {
    const wrong = `author is ${author.name} <${author.email}>, committer ${committer.name} <${committer.email}>`;
    return [irregular('authorship/not-engine', place, wrong)];
  }
  const job = jobs.find(({ stage }) => stage === trailers['Stage']);
  if (!job || !trailers['Run']) {
    const missing = [...(trailers['Run'] ? [] : ['Mhub-Run']), ...(job ? [] : ['Mhub-Stage'])].join(' and ');
    return [irregular('authorship/trailers', place, `a commit of the engine without a valid ${missing}`)];
  }
  const scope = trailers['Campaign'] ?? trailers['Brand'] ?? '';
  const strays = paths.filter((path) => !mayWrite(job, scope, path));
  const [stray] = strays;
  if (stray === undefined) return [];
  return [
    irregular('authorship/outside-job', { commit: id, file: stray }, `stage ${job.stage} changed ${listed(strays)}`),
  ];
}

/** @param engine  identity in mhub.yaml before the commit; undefined when it names none */
export async function auditAuthorship(
  commit: AuditCommit,
  engine: Person | undefined,
  jobs: readonly Writer[],
  documentOf: ReturnType<typeof documentReader>,
): Promise<Irregularity[]> {
  const outputs = commit.changes.filter(({ path }) => isOutput(path));
  const [first] = outputs;
  if (isMerge(commit)) {
    if (!first) return [];
    const wrong = `the merge changed ${listed(outputs.map(({ path }) => path))}`;
    return [irregular('authorship/merge', { commit: commit.id, file: first.path }, wrong)];
  }
  if (engine && isByEngine(commit, engine)) return auditEngine(commit, jobs, engine);
  return auditPerson(commit, outputs, documentOf);
}

export function identityOf(workspace: Readonly<Record<string, unknown>> | undefined): Person | undefined {
  const { name, email } = fieldsOf(workspace?.['identity']);
  if (typeof name !== 'string' || typeof email !== 'string') return undefined;
  // What cannot stand in a commit is left out there as well.
  const plain = (text: string): string => text.replace(/[<>\p{Cc}]/gu, '').trim();
  return { name: plain(name), email: plain(email) };
}
