/** The way to the branch in delivery `pull-request`: what a landing is about is read from the files it leaves. */
import type { ChangeSet, Note, RunContext } from '../../core/contracts.ts';
import {
  type LandedAsset,
  type LandingAudit,
  pullRequestBody,
  pullRequestTitle,
} from '../../core/github/pull-request.ts';
import { previewOf } from '../../core/preview/model.ts';
import { distinctNotes } from '../../core/report.ts';
import { limitsOf } from '../../core/room.ts';
import { channels } from '../../generated/registry.ts';
import type { Secrets } from '../env.ts';
import type { Repo } from '../git.ts';
import { clock } from '../host.ts';
import { loadAll, type OpenWorkspace } from '../open.ts';
import type { Merge } from '../transact.ts';
import { type Clocks, GITHUB_TOKEN, openGithub } from './client.ts';
import { asLandingBlocked, landByPullRequest } from './merging.ts';

/** The machine's own time, for limits that GitHub dates. */
export const clocksWith = (sleep: Clocks['sleep']): Clocks => ({ clock: () => Date.parse(clock()), sleep });

/** What the decisions of a landing were made by. */
export interface Told {
  readonly workspace: OpenWorkspace;
  readonly notes: readonly Note[];
  readonly held: readonly Note[];
}

export interface LandingOptions {
  readonly repo: Repo;
  readonly branch: string;
  readonly context: RunContext;
  readonly secrets: Secrets;
  readonly sleep: Clocks['sleep'];
}

type Landed = Omit<LandedAsset, 'campaign' | 'asset'> & { readonly id: string };

/** @param seen  receipts of earlier landings of the run; those of this one are added */
async function landedAssets(
  { workspace }: Told,
  { run, now }: RunContext,
  pending: readonly ChangeSet[],
  seen: Set<string>,
): Promise<LandedAsset[]> {
  const scopes = new Set(pending.map(({ scope }) => scope));
  const adapters = await loadAll(channels);
  const assets: LandedAsset[] = [];
  for (const unit of workspace.units.filter(({ campaign }) => scopes.has(campaign.id))) {
    const campaign = unit.campaign.id;
    const state = await workspace.hub(unit);
    const isOwn = (one: { readonly campaign: string; readonly run: string }): boolean =>
      one.campaign === campaign && one.run === run;
    const intents = state.intents.filter(isOwn).map(({ asset }): Landed => ({ id: asset, how: 'intent' }));
    const receipts = state.receipts.filter(isOwn).flatMap(({ key, attempt, status, asset, url, because }): Landed[] => {
      const name = `${key} ${attempt} ${status}`;
      if (seen.has(name)) return [];
      seen.add(name);
      return [{ id: asset, how: status, ...(url && { url }), ...(because && { because }) }];
    });
    const limits = new Map(unit.channels.map((one) => [one.id, limitsOf(one, { channels: adapters })]));
    const preview = previewOf(unit, state, { now, limits });
    const known = new Map(preview.assets.map((asset) => [asset.id, asset]));
    for (const { id, ...landed } of [...receipts, ...intents]) {
      const asset = known.get(id);
      if (asset) assets.push({ campaign, asset, ...landed });
    }
  }
  return assets;
}

/** @returns  for each landing, its way to the branch, given what was told until then */
export function pullRequestLanding({ repo, branch, context, secrets, sleep }: LandingOptions): (told?: Told) => Merge {
  const seen = new Set<string>();
  return (told) => async (base, tip, pending) => {
    try {
      const github = await openGithub(secrets, 'delivery pull-request', clocksWith(sleep));
      secrets.protect([GITHUB_TOKEN]);
      const audit: LandingAudit = {
        web: github.web,
        run: context.run,
        base,
        commit: tip,
        assets: told ? await landedAssets(told, context, pending, seen) : [],
        notes: told ? distinctNotes([...told.notes, ...told.held]) : [],
        changeSets: pending,
      };
      const [title, body] = [pullRequestTitle(audit), pullRequestBody(audit)].map(secrets.redact);
      return await landByPullRequest({ repo, github, branch, base, tip, title: title ?? '', body: body ?? '' });
    } catch (error) {
      return asLandingBlocked(error);
    }
  };
}
