/** `mhub doctor`: what the machine, the repository and the workspace still need. Values are never looked at twice. */
import type { Instant, Unit } from '../core/contracts.ts';
import { type Capacity, capacityOf } from '../core/copywriter/capacity.ts';
import { showProblem } from '../core/errors.ts';
import { effectivePolicy } from '../core/policy/effective.ts';
import { columns, type Paint } from '../core/report.ts';
import { reservedAddresses } from '../core/reserved.ts';
import type { Workspace } from '../generated/entities.ts';
import { assets, channels, engines, rules, sources } from '../generated/registry.ts';
import { loadSecrets, type SecretOrigin } from './env.ts';
import { openRepo, type Repo } from './git.ts';
import { GITHUB_VARIABLES } from './github/client.ts';
import { type Environment, locateChromium } from './observe/chromium.ts';
import { loadAll, openInputs } from './open.ts';
import { channelVariables, registeredAdapters } from './perform.ts';
import { preflight, type ServiceCheck } from './preflight.ts';
import { workTreeSnapshot } from './snapshot.ts';
import { World } from './world.ts';

export interface Check {
  readonly what: string;
  readonly ok: boolean;
  readonly say: string;
  /** Nobody answered, which says nothing. */
  readonly unknown?: true;
}

export interface Variable {
  readonly name: string;
  readonly needed_by: readonly string[];
  /** null: missing. */
  readonly from: SecretOrigin | null;
}

export interface Diagnosis {
  readonly checks: readonly Check[];
  readonly variables: readonly Variable[];
  /** What the template engine can say in each campaign. */
  readonly capacity: readonly (Capacity & { readonly campaign: string })[];
}

const OLDEST_NODE: readonly [number, number] = [20, 19];

function nodeCheck(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  return {
    what: 'node',
    ok,
    say: ok ? process.version : `${process.version}, expected ${OLDEST_NODE.join('.')} or newer`,
  };
}

async function gitChecks({ root }: Repo): Promise<Check[]> {
  const { simpleGit } = await import('simple-git');
  const git = simpleGit({ baseDir: root });
  const version = await git.version();
  const status = await git.status();
  const remotes = await git.getRemotes(true);
  const behind = status.tracking ? `, ${status.ahead} ahead of and ${status.behind} behind ${status.tracking}` : '';
  return [
    { what: 'git', ok: version.installed, say: `${version.major}.${version.minor}.${version.patch}` },
    {
      what: 'branch',
      ok: !status.detached,
      say: status.detached ? 'HEAD is detached: check out a branch' : `${status.current}${behind}`,
    },
    {
      what: 'remote',
      ok: true,
      say: remotes.length > 0 ? remotes.map(({ name }) => name).join(', ') : 'none; delivery direct needs origin',
    },
  ];
}

async function ignoreChecks(repo: Repo): Promise<Check[]> {
  const paths = ['.env', '.env.local', '.mhub/events'];
  return Promise.all(
    paths.map(async (path) => {
      const ok = await repo.isIgnored(path);
      return {
        what: path,
        ok,
        say: ok ? 'ignored by git' : `not ignored by git: add the line "${path.split('/')[0]}" to .gitignore`,
      };
    }),
  );
}

/** Adapters that the campaigns use, with the variables that each needs. */
export async function needsOf(units: readonly Unit[]): Promise<Map<string, string[]>> {
  const needs = new Map<string, string[]>();
  const add = (who: string, env: readonly string[] = []) => {
    for (const name of env) needs.set(name, [...new Set([...(needs.get(name) ?? []), who])]);
  };
  for (const { workspace, channels: own, sources: listened } of units) {
    const engine = await engines[workspace.engine]?.load();
    const named = engine?.envOf?.(workspace.engine_params ?? {}) ?? [];
    add(`engine ${workspace.engine}`, [...(engine?.env ?? []), ...named]);
    for (const channel of own) add(`channel ${channel.id}`, await channelVariables(channel, registeredAdapters));
    for (const { id, adapter } of listened) add(`source ${id}`, sources[adapter]?.env);
  }
  return needs;
}

const NAMED_FORMS = 3;
const OPENINGS = { landing_page: 'headlines', one_pager: 'titles', email: 'subjects', social_post: 'posts' } as const;

/** What the template engine can say before it repeats itself, and what would let it say more. */
function capacityText({ openings, missing }: Capacity): string {
  const counts = Object.entries(OPENINGS).flatMap(([kind, name]) => {
    const count = openings[kind as keyof typeof OPENINGS];
    return count === undefined ? [] : [`${count} ${name}`];
  });
  const more = missing.slice(0, NAMED_FORMS).map(({ field, texts }) => `${field} (${texts})`);
  const rest = missing.length - more.length;
  return [
    `, for ${counts.join(', ')}`,
    ...(more.length > 0
      ? [`; more texts wait for ${more.join(', ')}${rest > 0 ? ` and ${rest} more forms` : ''}`]
      : []),
  ].join('');
}

function unitCheck({ unit, capacity }: { readonly unit: Unit; readonly capacity: Capacity }): Check {
  const { angles } = capacity;
  const what = `campaign ${unit.campaign.id}`;
  if (angles === 0) return { what, ok: false, say: 'no angle: connect pains, outcomes, mechanisms and proofs' };
  const from = `${angles} angles from ${unit.segments.length} segments and ${unit.offers.length} offers`;
  return { what, ok: true, say: unit.workspace.engine === 'template' ? from + capacityText(capacity) : from };
}

function addressChecks(units: readonly Unit[]): Check[] {
  const brands = new Map(units.map(({ brand, workspace }) => [brand.id, { brand, delivery: workspace.delivery }]));
  return [...brands.values()].map(({ brand, delivery }) => {
    const reserved = reservedAddresses(brand);
    const what = `brand ${brand.id}`;
    if (reserved.length === 0) return { what, ok: true, say: 'its addresses are its own' };
    const say = `reserved example names (RFC 2606) in ${reserved.join(', ')}: fine for a try, refused for delivery direct`;
    return { what, ok: delivery === 'local', say };
  });
}

/** Rules of the campaign's packs that must be told what a browser shows. */
async function rulesThatLook(unit: Unit): Promise<string[]> {
  const { rules: used } = effectivePolicy(unit);
  const types = new Map(
    await Promise.all(
      [...new Set(used.map(({ type }) => type))].map(async (type) => [type, await rules[type]?.load()] as const),
    ),
  );
  return used.flatMap(({ name, type }) => (types.get(type)?.needs?.includes('browser') ? [name] : []));
}

async function browserCheck(units: readonly Unit[], env: Environment): Promise<Check> {
  const found = locateChromium(env);
  const needed = await Promise.all(
    units.map(async (unit) => ({ campaign: unit.campaign.id, names: await rulesThatLook(unit) })),
  );
  const by = needed.flatMap(({ campaign, names }) =>
    names.length === 0 ? [] : [`campaign ${campaign} (${names.join(', ')})`],
  );
  const what =
    'missing' in found ? found.missing : 'program' in found ? `${found.program}, from ${found.from}` : found.from;
  const say = by.length === 0 ? `${what}; no campaign needs one` : `${what}; needed by ${by.join(', ')}`;
  return { what: 'browser', ok: !('missing' in found) || by.length === 0, say };
}

const liveCheck = ({ channel, what, state, say }: ServiceCheck): Check => ({
  what: `${channel} ${what}`,
  ok: state !== 'broken',
  say,
  ...(state === 'unknown' ? { unknown: true } : {}),
});

const usesOfGithub = ({ delivery, alerts }: Workspace): string[] => [
  ...(delivery === 'pull-request' ? ['delivery pull-request'] : []),
  ...(alerts === 'github' ? ['alerts'] : []),
];

/** @param live  whether to ask the services that channels use */
export async function examine(
  cwd: string,
  env: Environment,
  { now, live = false }: { readonly now: Instant; readonly live?: boolean },
): Promise<Diagnosis> {
  const repo = await openRepo(cwd, env);
  const world = new World(workTreeSnapshot(repo.root));
  const { workspace, units, problems } = await openInputs(world, []);
  const plugins = { assets: await loadAll(assets), channels: await loadAll(channels) };
  const capacities = units.map((unit) => ({ unit, capacity: capacityOf(unit, plugins, now) }));
  const secrets = await loadSecrets(repo.root, env);
  const needs = await needsOf(units);
  for (const name of GITHUB_VARIABLES) {
    const who = [...(needs.get(name) ?? []), ...usesOfGithub(workspace)];
    if (who.length > 0) needs.set(name, who);
  }
  const variables = [...needs].map(([name, needed_by]) => ({
    name,
    needed_by,
    from: secrets.origin(name) ?? null,
  }));
  const services = live ? await preflight(units, { adapters: registeredAdapters, secrets, now, file: world.text }) : [];
  return {
    checks: [
      nodeCheck(),
      ...(await gitChecks(repo)),
      ...(await ignoreChecks(repo)),
      ...problems.map((problem) => ({ what: 'workspace', ok: false, say: showProblem(problem) })),
      ...capacities.map(unitCheck),
      await browserCheck(units, env),
      ...addressChecks(units),
      ...variables.map(({ name, needed_by, from }) => ({
        what: name,
        ok: from !== null,
        say: `${from === null ? 'missing' : `set, from ${from}`}; needed by ${needed_by.join(', ')}`,
      })),
      ...services.map(liveCheck),
    ],
    variables,
    capacity: capacities.map(({ unit, capacity }) => ({ campaign: unit.campaign.id, ...capacity })),
  };
}

const markOf = ({ ok, unknown }: Check, paint: Paint): string =>
  unknown ? paint('yellow', '?   ') : ok ? paint('green', 'ok  ') : paint('red', 'fix ');

export function renderDiagnosis({ checks, variables }: Diagnosis, paint: Paint): string {
  const rows = columns(checks.map(({ what, say }) => [what, say]));
  const lines = checks.map((check, index) => `${markOf(check, paint)}${rows[index] ?? ''}`);
  const closing =
    variables.length === 0 ? ['', 'No environment variable is needed: every adapter in use works without one.'] : [];
  return [...lines, ...closing].join('\n');
}
