/** Whether Guard had passed exactly what was sent. */
import type { Receipt } from '../../generated/entities.ts';
import { assetFolder } from '../assets.ts';
import { digestOf, filesDigest } from '../hash.ts';
import type { Breach } from './limits.ts';
import { type AuditTree, type documentReader, type Fields, fieldsOf, type ReadBlob } from './model.ts';

/** Ids of all that approves a publication, as they were at one commit. */
export interface Evidence {
  readonly verdictFile: string;
  readonly verdict: string | undefined;
  readonly folder: string;
  /** The asset's folder. */
  readonly files: ReadonlyMap<string, string>;
}

export function evidenceAt(tree: AuditTree, { campaign, asset }: Pick<Receipt, 'campaign' | 'asset'>): Evidence {
  const verdictFile = `hub/campaigns/${campaign}/verdicts/${asset}.yaml`;
  const folder = assetFolder(campaign, asset);
  return { verdictFile, verdict: tree.get(verdictFile), folder, files: new Map(tree.folder(folder)) };
}

/** Names of the rendered files, as asset.yaml lists them. */
const namesOf = (asset: Fields): string[] => {
  const { files } = asset;
  return Array.isArray(files) ? files.map((file: unknown) => String(fieldsOf(file)['name'])) : [];
};

async function contentOf(asset: Fields, files: ReadonlyMap<string, string>, read: ReadBlob): Promise<string> {
  const contents = new Map<string, Uint8Array>();
  for (const name of namesOf(asset)) {
    const oid = files.get(name);
    if (oid !== undefined) contents.set(name, await read(oid));
  }
  return filesDigest(contents);
}

export function approvalAudit(read: ReadBlob, documentOf: ReturnType<typeof documentReader>) {
  /** Policy file id -> whether it hashes to its name; the same few policies approve everything. */
  const policies = new Map<string, boolean>();

  async function policyBreach(tree: AuditTree, hash: string): Promise<Breach[]> {
    const file = `hub/policies/${hash}.yaml`;
    const oid = tree.get(file);
    if (oid === undefined) return [{ rule: 'verdict/policy-missing', wrong: `${file} is not there` }];
    const known = policies.get(oid) ?? digestOf((await documentOf(file, oid))?.['packs']) === hash;
    policies.set(oid, known);
    return known ? [] : [{ rule: 'verdict/policy-changed', wrong: `${file} is another policy than its name says` }];
  }

  return async (tree: AuditTree, evidence: Evidence, content: string): Promise<Breach[]> => {
    const { verdictFile, folder, files } = evidence;
    const verdict = await documentOf(verdictFile, evidence.verdict);
    if (!verdict) return [{ rule: 'verdict/missing', wrong: `${verdictFile} was not there or could not be read` }];
    const breaches: Breach[] = [];
    if (verdict['result'] !== 'pass') {
      breaches.push({ rule: 'verdict/not-passed', wrong: `${verdictFile} says ${String(verdict['result'])}` });
    } else if (verdict['content'] !== content) {
      const wrong = `${verdictFile} is about content ${String(verdict['content']).slice(0, 12)}..., sent was ${content.slice(0, 12)}...`;
      breaches.push({ rule: 'verdict/other-content', wrong });
    }
    const asset = await documentOf(`${folder}/asset.yaml`, files.get('asset.yaml'));
    if (!asset || (await contentOf(asset, files, read)) !== content) {
      breaches.push({ rule: 'verdict/asset-changed', wrong: `the files of ${folder} were not what was sent` });
    }
    return [...breaches, ...(await policyBreach(tree, String(verdict['policy'])))];
  };
}
