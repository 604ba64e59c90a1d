/** `mhub status`: where every campaign stands, from the last commit. */
import { activityOf, measured } from '../core/activity.ts';
import { publishStop, type Stop } from '../core/breakers.ts';
import type { HubState, Instant, Unit } from '../core/contracts.ts';
import { readEntity } from '../core/entity.ts';
import { type Problem, showProblem } from '../core/errors.ts';
import { wentOut } from '../core/ledger.ts';
import { type AssetException, exceptionsIn } from '../core/policy/exceptions.ts';
import { CORRECTIONS } from '../core/recall.ts';
import { columns, type Paint, showTime } from '../core/report.ts';
import { civilDay } from '../core/time.ts';
import type { Correction, Receipt } from '../generated/entities.ts';
import { openRepo } from './git.ts';
import { openInputs, openWorkspace } from './open.ts';
import { commitSnapshot } from './snapshot.ts';
import { World } from './world.ts';

const LATEST = 5;

export interface ChannelStop extends Stop {
  readonly channel: string;
}

export interface CampaignStatus {
  readonly campaign: string;
  readonly name: string;
  readonly timezone: string;
  /** active, or why not. */
  readonly state: string;
  readonly publications: number;
  readonly latest: readonly (Pick<Receipt, 'channel' | 'asset' | 'url' | 'at'> & { readonly withdrawn?: true })[];
  readonly next: readonly { readonly due: Instant; readonly channel: string; readonly asset: string }[];
  readonly kpis: readonly { readonly metric: string; readonly value: number; readonly target: number }[];
  readonly experiment?: string;
  readonly open: number;
  /** What policy packs have let through. */
  readonly exceptions: readonly AssetException[];
  /** What went out, no longer holds and cannot be called back. */
  readonly corrections: readonly Pick<Correction, 'channel' | 'asset' | 'why' | 'at'>[];
  readonly stops: readonly ChannelStop[];
}

export interface Status {
  readonly commit: string;
  readonly campaigns: readonly CampaignStatus[];
  readonly problems: readonly Problem[];
}

function campaignStatus(unit: Unit, state: HubState, corrections: readonly Correction[], now: Instant): CampaignStatus {
  const { campaign } = unit;
  const activity = activityOf(unit, state.signals, now);
  const sent = state.receipts.filter((receipt) => receipt.campaign === campaign.id && wentOut(receipt));
  const down = new Set(state.receipts.filter(({ status }) => status === 'withdrawn').map(({ key }) => key));
  const channels = [...new Set(campaign.schedule.map(({ channel }) => channel))];
  const [experiment] = state.experiments.values();
  return {
    campaign: campaign.id,
    name: campaign.name,
    timezone: unit.workspace.timezone,
    state: activity.active ? 'active' : activity.why,
    publications: sent.length,
    latest: sent
      .slice(-LATEST)
      .reverse()
      .map(({ key, channel, asset, url, at }) => ({
        channel,
        asset,
        at,
        ...(url === undefined ? {} : { url }),
        ...(down.has(key) ? { withdrawn: true as const } : {}),
      })),
    next: (state.plan?.assets ?? []).flatMap(({ due, channel, asset }) =>
      due !== undefined && due > now ? [{ due, channel, asset }] : [],
    ),
    kpis: campaign.kpis.map(({ metric, target }) => ({ metric, target, value: measured(state.signals, metric) })),
    ...(experiment ? { experiment: experiment.about } : {}),
    open: state.intents.filter((intent) => intent.campaign === campaign.id).length,
    exceptions: exceptionsIn(campaign.id, state.verdicts, civilDay(now, unit.workspace.timezone)),
    corrections: corrections
      .filter((one) => one.campaign === campaign.id)
      .map(({ channel, asset, why, at }) => ({ channel, asset, why, at })),
    stops: channels.flatMap((channel) => {
      const stop = publishStop(unit, state, channel, now);
      return stop ? [{ channel, ...stop }] : [];
    }),
  };
}

/** A file that cannot be read is left to `mhub verify`. */
async function correctionsIn(world: World): Promise<Correction[]> {
  return [...(await world.subtree([CORRECTIONS]))].flatMap(([path, { bytes }]) => {
    const read = readEntity('Correction', path, bytes);
    return read.ok ? [read.value] : [];
  });
}

export async function statusOf(cwd: string, now: Instant): Promise<Status> {
  const repo = await openRepo(cwd);
  const { commit } = await repo.head();
  const world = new World(await commitSnapshot(repo, commit));
  const workspace = await openWorkspace(world, await openInputs(world, []));
  const campaigns: CampaignStatus[] = [];
  const corrections = await correctionsIn(world);
  for (const unit of workspace.units) campaigns.push(campaignStatus(unit, await workspace.hub(unit), corrections, now));
  return { commit, campaigns, problems: workspace.problems };
}

const stopRows = ({ stops }: CampaignStatus, level: Stop['level']): string[][] =>
  stops.filter((stop) => stop.level === level).map(({ channel, why }) => [channel, why]);

function renderCampaign(status: CampaignStatus, paint: Paint): string[] {
  const { campaign, name, state, timezone } = status;
  const section = (title: string, rows: readonly (readonly string[])[]): string[] =>
    rows.length === 0 ? [] : [`  ${paint('dim', title)}`, ...columns(rows).map((row) => `  ${row}`)];
  const sign = state === 'active' ? paint('green', state) : paint('yellow', state);
  return [
    `${paint('bold', campaign)}  ${name}  ${sign}`,
    ...section(
      `Latest of ${status.publications}`,
      status.latest.map(({ at, channel, url = '', asset, withdrawn }) => [
        showTime(at, timezone),
        channel,
        asset,
        withdrawn ? 'taken down' : url,
      ]),
    ),
    ...section(
      'Next',
      status.next.map(({ due, channel, asset }) => [showTime(due, timezone), channel, asset]),
    ),
    ...section(
      'KPIs',
      status.kpis.map(({ metric, value, target }) => [metric, `${value} of ${target}`]),
    ),
    ...section('Experiment', status.experiment === undefined ? [] : [[status.experiment]]),
    ...section('In doubt', status.open === 0 ? [] : [[`${status.open} open intents; the next run settles them`]]),
    ...section(
      `Exceptions used: ${status.exceptions.length}`,
      status.exceptions.map(({ rule, asset, expires, owner }) => [
        `${rule} on ${campaign}/${asset}`,
        `until ${expires}`,
        owner,
      ]),
    ),
    ...section(
      'To set right with readers',
      status.corrections.map(({ at, channel, asset, why }) => [showTime(at, timezone), channel, asset, why]),
    ),
    ...section('Halted', stopRows(status, 'halted')),
    ...section('Waiting', stopRows(status, 'waiting')),
  ];
}

export function renderStatus({ campaigns, problems }: Status, paint: Paint): string {
  const blocks = campaigns.map((campaign) => renderCampaign(campaign, paint).join('\n'));
  const broken = problems.map((problem) => paint('red', showProblem(problem)));
  return [...blocks, ...(broken.length > 0 ? [broken.join('\n')] : [])].join('\n\n') || 'No campaign yet.';
}
