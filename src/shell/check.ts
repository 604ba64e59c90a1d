/** `mhub check`: judges any files by the workspace's policy, outside the loop. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import type {
  DocumentKind,
  Files,
  GuardDocument,
  Instant,
  MadeAsset,
  Observations,
  Plugins,
  RuleContext,
  Unit,
} from '../core/contracts.ts';
import { Usage } from '../core/errors.ts';
import { digestOf, filesDigest, sha256 } from '../core/hash.ts';
import { type EffectivePolicy, type EffectiveRule, effectivePolicy, originOf } from '../core/policy/effective.ts';
import { type AssetException, exceptionsFor, holds } from '../core/policy/exceptions.ts';
import { excepted, type Judged, judgeAll, needsOf, type RuleTypes } from '../core/policy/judge.ts';
import { contextsOf, documentOfAsset } from '../core/policy/pending.ts';
import { type CheckedFile, type CheckReport, checkedFile } from '../core/policy/reports/report.ts';
import { exampleContextWith } from '../core/policy/sample.ts';
import { civilDay } from '../core/time.ts';
import { styleRules } from '../core/vale/style.ts';
import type { AssetKindId, Finding } from '../generated/entities.ts';
import { assets, channels } from '../generated/registry.ts';
import { deadlineOf } from './deadline.ts';
import { openRepo } from './git.ts';
import { type Examiner, openExaminer } from './observe/index.ts';
import { loadAll, openInputs, openWorkspace } from './open.ts';
import { GUARD_DEADLINE_MS, loadRules } from './pass.ts';
import { readDocument } from './read-document.ts';
import { workTreeSnapshot } from './snapshot.ts';
import { World } from './world.ts';

export interface CheckOptions {
  readonly cwd: string;
  readonly now: Instant;
  readonly env: NodeJS.ProcessEnv;
  /** Without any, the assets of the campaign as they lie in the work tree. */
  readonly files: readonly string[];
  readonly campaign?: string;
  readonly channel?: string;
  readonly kind?: DocumentKind;
  /** Some of the campaign's packs; all of them when left out. */
  readonly packs: readonly string[];
  /** Folders of Vale styles, anywhere. */
  readonly styles: readonly string[];
  readonly onProgress: (what: string) => void;
}

/** One thing to judge, with what its rules are told. */
interface Subject {
  readonly path: string;
  readonly document: GuardDocument;
  readonly channel?: string;
  readonly campaign?: string;
  readonly context: RuleContext;
  /** For exactly its content. */
  readonly exceptions: readonly AssetException[];
  /** Path of a part of the document. */
  readonly pathOf: (file: string) => string;
}

/** Files of a Vale style, as if they lay in the workspace. */
export async function readStyle(folder: string): Promise<{ readonly path: string; readonly files: Files }> {
  const path = `policies/styles/${basename(resolve(folder))}`;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => {
    throw new Usage(`cannot read the style ${folder}: expected a folder of Vale rules`);
  });
  const files = new Map<string, string>();
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = join(entry.parentPath, entry.name);
    files.set(`${path}/${relative(folder, file).split(sep).join('/')}`, await readFile(file, 'utf8'));
  }
  return { path, files };
}

/** Vale's own levels decide: an error blocks, everything else warns. */
const severityOf = (params: Readonly<Record<string, unknown>>): Finding['severity'] => {
  const { vale } = params as { vale?: { level?: string } };
  return vale?.level === 'error' ? 'block' : 'warn';
};

async function rulesOfStyles(folders: readonly string[]): Promise<EffectiveRule[]> {
  const rules: EffectiveRule[] = [];
  for (const folder of folders) {
    const { path, files } = await readStyle(folder);
    const style = styleRules(files, path);
    if (style.rules.length === 0) throw new Usage(`${folder} has no rules: expected *.yml files of a Vale style`);
    if (style.problems.length > 0) throw new Usage(`${folder} cannot be used:\n${style.problems.join('\n')}`);
    rules.push(
      ...style.rules.map(({ name, params }) => ({
        name,
        type: 'prose',
        severity: severityOf(params),
        params,
        vocabulary: { accept: [], reject: [] },
      })),
    );
  }
  return rules;
}

/** The policy of the command line: the campaign's packs, some of them, and styles. */
function policyWith(
  base: EffectivePolicy,
  packs: readonly string[],
  styles: readonly EffectiveRule[],
): EffectivePolicy {
  const unknown = packs.find((id) => !base.packs.some((pack) => pack.id === id));
  if (unknown !== undefined) {
    throw new Usage(`no pack ${unknown} applies here, there are: ${base.packs.map(({ id }) => id).join(', ')}`);
  }
  if (packs.length === 0 && styles.length === 0) return base;
  const kept = packs.length === 0 ? base.packs : base.packs.filter(({ id }) => packs.includes(id));
  const names = new Set(kept.map(({ id }) => id));
  const own = base.rules.filter(({ name }) => names.has(originOf(name)));
  const rules = [...own, ...styles];
  return { ...base, packs: kept, rules, hash: digestOf(rules) };
}

function campaignOf(units: readonly Unit[], wanted: string | undefined): Unit {
  const ids = units.map(({ campaign }) => campaign.id).join(', ');
  const unit =
    wanted === undefined
      ? units.length === 1
        ? units[0]
        : undefined
      : units.find(({ campaign }) => campaign.id === wanted);
  if (unit) return unit;
  throw new Usage(
    wanted === undefined
      ? `there are several campaigns: say by whose policy with --campaign (${ids})`
      : `no valid campaign ${wanted}, there are: ${ids}`,
  );
}

const CARRIES: Readonly<Record<DocumentKind, AssetKindId | undefined>> = {
  landing_page: 'landing_page',
  email: 'email',
  social_post: 'social_post',
  one_pager: 'one_pager',
  text: undefined,
};

/** The channel that the campaign schedules such a document on, for its limits; else its first one. */
function channelFor(unit: Unit, kind: DocumentKind, wanted: string | undefined): string {
  if (wanted !== undefined) {
    if (unit.channels.some(({ id }) => id === wanted)) return wanted;
    throw new Usage(`no channel ${wanted}, there are: ${unit.channels.map(({ id }) => id).join(', ')}`);
  }
  const { schedule } = unit.campaign;
  const planned = schedule.find(({ asset }) => asset === CARRIES[kind]) ?? schedule[0];
  return planned?.channel ?? unit.channels[0]?.id ?? '';
}

async function documentsIn(files: readonly string[], cwd: string, kind: DocumentKind | undefined) {
  const documents: { readonly path: string; readonly digest: string; readonly document: GuardDocument }[] = [];
  for (const file of files) {
    const path = relative(cwd, resolve(cwd, file)).split(sep).join('/');
    const bytes = await readFile(resolve(cwd, file)).catch((error: NodeJS.ErrnoException) => {
      throw new Usage(`cannot read ${file}: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`);
    });
    documents.push({ path, digest: sha256(bytes), document: await readDocument(path, bytes, kind) });
  }
  return documents;
}

interface Scene {
  readonly subjects: readonly Subject[];
  readonly policy: EffectivePolicy;
}

/** Without a workspace there are only styles, and nothing that a brand could say. */
async function sceneOutside({ files, cwd, kind, now }: CheckOptions, styles: readonly EffectiveRule[]): Promise<Scene> {
  if (styles.length === 0)
    throw new Usage('there is no mhub.yaml here: go to a workspace, or name a Vale style with --style');
  const documents = await documentsIn(files, cwd, kind);
  return {
    policy: { packs: [], rules: styles, hash: digestOf(styles) },
    subjects: documents.map(({ path, document }) => ({
      path,
      document,
      context: exampleContextWith({ now }),
      exceptions: [],
      pathOf: (file) => file,
    })),
  };
}

/** Exceptions for the content of assets, as Guard takes them. */
const exceptionsOf = (policy: EffectivePolicy, assets: readonly MadeAsset[]): AssetException[] =>
  exceptionsFor(
    policy,
    assets.map(({ id, campaign, files }) => ({ campaign, asset: id, content: filesDigest(files) })),
  );

/** A file is under the exceptions of the assets that it is a part of, byte by byte, wherever it lies. */
function exceptionsOfFiles(
  policy: EffectivePolicy,
  assets: readonly MadeAsset[],
): (digest: string) => AssetException[] {
  const named = new Set(policy.packs.flatMap(({ exceptions = [] }) => exceptions.map(({ asset }) => asset)));
  const known = assets
    .filter(({ id }) => named.has(id))
    .map((made) => ({ made, digests: [...made.files.values()].map(sha256) }));
  return (digest) =>
    exceptionsOf(
      policy,
      known.filter(({ digests }) => digests.includes(digest)).map(({ made }) => made),
    );
}

async function sceneInside(options: CheckOptions, world: World, styles: readonly EffectiveRule[]): Promise<Scene> {
  const { cwd, now, files, packs, kind } = options;
  const opened = await openInputs(world, options.campaign === undefined ? [] : [options.campaign]);
  const workspace = await openWorkspace(world, opened);
  const unit = campaignOf(workspace.units, options.campaign);
  const state = await workspace.hub(unit);
  const published = await workspace.published(unit, state, 500);
  const plugins: Plugins = {
    engines: new Map(),
    assets: await loadAll(assets),
    channels: await loadAll(channels),
    rules: new Map(),
  };
  const input = { unit, state, published, now, plugins };
  const contextOf = contextsOf(input);
  const campaign = unit.campaign.id;
  const policy = policyWith(effectivePolicy(unit), packs, styles);
  if (files.length > 0) {
    const documents = await documentsIn(files, cwd, kind);
    const exceptionsWith = exceptionsOfFiles(policy, state.assets);
    const subjects = documents.map(({ path, digest, document }): Subject => {
      const channel = channelFor(unit, document.kind, options.channel);
      const exceptions = exceptionsWith(digest);
      return { path, document, channel, campaign, context: contextOf({ channel }), exceptions, pathOf: (file) => file };
    });
    return { policy, subjects };
  }
  const subjects = state.assets.map((made): Subject => {
    const { channel, facts } = made.asset;
    const path = `hub/campaigns/${campaign}/assets/${made.id}`;
    return {
      path,
      document: documentOfAsset(input, made),
      channel,
      campaign,
      context: contextOf({ channel, facts, asset: made.id }),
      exceptions: exceptionsOf(policy, [made]),
      pathOf: (file) => `${path}/${file}`,
    };
  });
  return { policy, subjects };
}

async function judgeSubject(
  subject: Subject,
  policy: EffectivePolicy,
  types: RuleTypes,
  examiner: Examiner,
): Promise<CheckedFile> {
  const { path, document, context, exceptions, pathOf } = subject;
  const needs = needsOf(policy, types, subject);
  const observed: Observations = needs.length > 0 ? await examiner.examine({ document, needs }) : {};
  const all = judgeAll(policy, types, subject, { ...context, observed }, deadlineOf(GUARD_DEADLINE_MS));
  const placed = all.map(
    (one): Judged => ({
      ...one,
      findings: one.findings.map((finding) => ({ ...finding, file: pathOf(finding.file ?? path) })),
    }),
  );
  const today = civilDay(context.now, context.unit.workspace.timezone);
  const { judged, used } = excepted(placed, exceptions, today);
  const held = used.filter(({ exception }) => holds(exception, today));
  return checkedFile(
    path,
    policy,
    judged,
    held.map(({ exception, findings }) => ({ ...exception, findings })),
  );
}

const isWorkspace = (world: World): boolean => world.paths().includes('mhub.yaml');

/** @throws Usage, Invalid */
export async function check(options: CheckOptions): Promise<CheckReport> {
  const styles = await rulesOfStyles(options.styles);
  const root = await openRepo(options.cwd, options.env).then(
    (repo) => repo.root,
    () => undefined,
  );
  const world = root === undefined ? undefined : new World(workTreeSnapshot(root));
  const scene =
    world && isWorkspace(world) ? await sceneInside(options, world, styles) : await sceneOutside(options, styles);
  const { policy, subjects } = scene;
  const types = await loadRules(
    policy,
    subjects.map(({ context }) => context.limits),
  );
  const examiner = openExaminer({ env: options.env });
  const files: CheckedFile[] = [];
  try {
    for (const subject of subjects) {
      options.onProgress(subject.path);
      files.push(await judgeSubject(subject, policy, types, examiner));
    }
  } finally {
    await examiner.close();
  }
  return {
    policy: policy.hash,
    packs: [
      ...policy.packs.map(({ id, version }) => `${id} ${version}`),
      ...options.styles.map((path) => basename(path)),
    ],
    rules: policy.rules.map(({ name, type, severity, about }) => ({
      name,
      severity,
      about: about ?? types.get(type)?.about ?? type,
    })),
    files,
  };
}
