/** What a run says that a target shows is what the tree held when it said so. */
import { namedDigest, sha256 } from '../hash.ts';
import type { AuditCommit, AuditTree, documentReader, ReadBlob } from './model.ts';
import { type Irregularity, irregular } from './rules.ts';

const RECORD = /^hub\/brands\/[^/]+\/deployments\/[^/]+\.yaml$/;

/** @returns asked for each commit, with the tree as it is then */
export function deploymentAudit(read: ReadBlob, documents: ReturnType<typeof documentReader>) {
  /** SHA-256 by object id: most files of a site stay as they are from one deployment to the next. */
  const hashes = new Map<string, string>();
  const hashOf = async (oid: string): Promise<string> => {
    const known = hashes.get(oid) ?? sha256(await read(oid));
    hashes.set(oid, known);
    return known;
  };

  return async (commit: AuditCommit, tree: AuditTree): Promise<{ checked: number; found: Irregularity[] }> => {
    const records = commit.changes.filter(({ path, after }) => after !== null && RECORD.test(path));
    const found: Irregularity[] = [];
    for (const { path, after } of records) {
      const record = (await documents(path, after ?? undefined)) ?? {};
      const files = new Map<string, string>();
      for (const [name, oid] of tree.under(String(record['folder']))) files.set(name, await hashOf(oid));
      if (record['digest'] === namedDigest(files)) continue;
      const wrong = `${record['target']} was said to show something else than ${record['folder']} of that commit`;
      found.push(irregular('deployments/differs', { commit: commit.id, file: path }, wrong));
    }
    return { checked: records.length, found };
  };
}
