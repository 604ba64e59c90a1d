/** `mhub status`: where every campaign stands, from the last commit. */
import { activityOf, measured } from '../core/activity.ts';
import { publishStop, type Stop } from '../core/breakers.ts';
import type { HubState, Instant, Unit } from '../core/contracts.ts';
import { idOf, isShown, nameOfDestination, targetsOf } from '../core/deployments.ts';
import { readEntity } from '../core/entity.ts';
import { type Problem, showProblem } from '../core/errors.ts';
import { wentOut } from '../core/ledger.ts';
import { recordsPath } from '../core/mailing/records.ts';
import { type AssetException, exceptionsIn } from '../core/policy/exceptions.ts';
import { CORRECTIONS } from '../core/recall.ts';
import { columns, type Paint, showTime } from '../core/report.ts';
import { civilDay } from '../core/time.ts';
import type { Correction, Receipt } from '../generated/entities.ts';
import { contentIn, recordOf } from './deploy/index.ts';
import { openRepo } from './git.ts';
import { legibleRecords } from './mailing/books.ts';
import { openInputs, openWorkspace } from './open.ts';
import type { Environment } from './run-git.ts';
import { renderSchedule, type ScheduleStatus, scheduleStatus } from './schedule.ts';
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
  readonly mailings: readonly MailingStatus[];
}

/** Mail to a list. */
export interface MailingStatus {
  readonly channel: string;
  readonly asset: string;
  /** open: the next run goes on with it. */
  readonly state: 'open' | 'over';
  readonly sent: number;
  readonly in_doubt: number;
  readonly refused: number;
  /** Files with recipients in doubt, by their keyed hashes. */
  readonly files: readonly string[];
}

/** Where a folder of the site is shown beside the tree. */
export interface TargetStatus {
  /** Brand and channel. */
  readonly channel: string;
  readonly target: string;
  /** behind: the folder has changed since it was deployed. */
  readonly state: 'current' | 'behind' | 'never deployed';
  /** When it was deployed last. */
  readonly at?: Instant;
}

export interface Status {
  readonly commit: string;
  readonly campaigns: readonly CampaignStatus[];
  readonly targets: readonly TargetStatus[];
  /** Left out where no workflow of mhub has a schedule. */
  readonly schedule?: ScheduleStatus;
  readonly problems: readonly Problem[];
}

/** Those that are open, and the latest that are over; what cannot be read is left to `mhub verify`. */
async function mailingsOf(world: World, { campaign }: Unit, { intents, receipts }: HubState): Promise<MailingStatus[]> {
  const isOwn = (one: Pick<Receipt, 'campaign'>): boolean => one.campaign === campaign.id;
  const over = receipts.filter((receipt) => isOwn(receipt) && receipt.recipients !== undefined).slice(-LATEST);
  const all = [
    ...intents.filter(isOwn).map((intent) => ({ ...intent, state: 'open' as const })),
    ...over.reverse().map((receipt) => ({ ...receipt, state: 'over' as const })),
  ];
  const found: MailingStatus[] = [];
  for (const { key, channel, asset, state } of all) {
    const records = await legibleRecords(world, key);
    const { sent, in_doubt, refused, claimed } = records.counts();
    const files = records.inDoubt().map((batch) => recordsPath(key, batch));
    if (records.secrets.size > 0)
      found.push({ channel, asset, state, sent, in_doubt: in_doubt + claimed, refused, files });
  }
  return found;
}

function campaignStatus(
  unit: Unit,
  state: HubState,
  corrections: readonly Correction[],
  mailings: readonly MailingStatus[],
  now: Instant,
): CampaignStatus {
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
    mailings,
  };
}

/** A file that cannot be read is left to `mhub verify`. */
async function correctionsIn(world: World): Promise<Correction[]> {
  return [...(await world.subtree([CORRECTIONS]))].flatMap(([path, { bytes }]) => {
    const read = readEntity('Correction', path, bytes);
    return read.ok ? [read.value] : [];
  });
}

async function targetStatus(world: World, units: readonly Unit[]): Promise<TargetStatus[]> {
  const rows: TargetStatus[] = [];
  for (const target of targetsOf(units)) {
    const record = await recordOf(world, target);
    const state = !record
      ? 'never deployed'
      : isShown(target, await contentIn(world, target), record)
        ? 'current'
        : 'behind';
    const at = record ? { at: record.at } : {};
    rows.push({ channel: idOf(target), target: nameOfDestination(target.to), state, ...at });
  }
  return rows;
}

/** @param env  with GITHUB_TOKEN and GITHUB_REPOSITORY, GitHub is asked for its runs */
export async function statusOf(cwd: string, now: Instant, env: Environment): Promise<Status> {
  const repo = await openRepo(cwd);
  const { commit } = await repo.head();
  const world = new World(await commitSnapshot(repo, commit));
  const workspace = await openWorkspace(world, await openInputs(world, []));
  const campaigns: CampaignStatus[] = [];
  const corrections = await correctionsIn(world);
  for (const unit of workspace.units) {
    const state = await workspace.hub(unit);
    campaigns.push(campaignStatus(unit, state, corrections, await mailingsOf(world, unit, state), now));
  }
  const targets = await targetStatus(world, workspace.units);
  const schedule = await scheduleStatus(world, repo.git, now, env);
  return { commit, campaigns, targets, ...(schedule ? { schedule } : {}), problems: workspace.problems };
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
    ...section(
      'Mail to lists',
      status.mailings.map(({ channel, asset, state: progress, sent, in_doubt, refused, files }) => [
        channel,
        asset,
        progress,
        `${sent} sent, ${in_doubt} in doubt, ${refused} refused`,
        files.join(' '),
      ]),
    ),
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

const zoneOf = ({ campaigns }: Status): string => campaigns[0]?.timezone ?? 'UTC';

function renderTargets(status: Status, paint: Paint): string[] {
  const { targets } = status;
  const zone = zoneOf(status);
  const rows = targets.map(({ channel, target, state, at }) => [
    channel,
    target,
    state,
    at === undefined ? '' : `deployed ${showTime(at, zone)}`,
  ]);
  return rows.length === 0 ? [] : [[paint('bold', 'Targets'), ...columns(rows)].join('\n')];
}

export function renderStatus(status: Status, paint: Paint): string {
  const { campaigns, problems, schedule } = status;
  const blocks = [
    ...campaigns.map((campaign) => renderCampaign(campaign, paint).join('\n')),
    ...renderTargets(status, paint),
    ...(schedule ? [renderSchedule(schedule, zoneOf(status), paint)] : []),
  ];
  const broken = problems.map((problem) => paint('red', showProblem(problem)));
  return [...blocks, ...(broken.length > 0 ? [broken.join('\n')] : [])].join('\n\n') || 'No campaign yet.';
}
