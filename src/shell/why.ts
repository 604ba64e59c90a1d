/** `mhub why`: what stops a campaign or channel, with the files that say so; or that nothing does. */
import { activityOf } from '../core/activity.ts';
import { isStanding, publishStop } from '../core/breakers.ts';
import type { HubState, Instant, Unit } from '../core/contracts.ts';
import { Usage } from '../core/errors.ts';
import { wentOut } from '../core/ledger.ts';
import { columns, type Paint, showTime } from '../core/report.ts';
import { civilDay } from '../core/time.ts';
import { openRepo } from './git.ts';
import { openInputs, openWorkspace } from './open.ts';
import { commitSnapshot } from './snapshot.ts';
import { World } from './world.ts';

export interface Answer {
  readonly campaign: string;
  readonly channel: string;
  /** free, waiting, halted or inactive */
  readonly state: 'free' | 'waiting' | 'halted' | 'inactive';
  readonly why: string;
  readonly until?: Instant;
  /** Files that the answer rests on. */
  readonly evidence: readonly string[];
  readonly today: { readonly sent: number; readonly open: number };
}

function evidenceOf(unit: Unit, state: HubState, channel: string, now: Instant): string[] {
  const campaign = unit.campaign.id;
  const halts = state.halts.filter(
    (halt) => isStanding(halt, now) && halt.campaign === campaign && halt.channel === channel,
  );
  const configured = [
    'mhub.yaml',
    `brands/${unit.brand.id}/channels/${channel}.yaml`,
    `campaigns/${campaign}/campaign.yaml`,
  ];
  return [
    ...state.unreadable,
    ...halts.flatMap(({ id, evidence }) => [`hub/halts/${id}.yaml`, ...evidence]),
    ...configured,
  ];
}

function answerFor(unit: Unit, state: HubState, channel: string, now: Instant): Answer {
  const zone = unit.channels.find(({ id }) => id === channel)?.timezone ?? unit.workspace.timezone;
  const on = (record: { brand: string; channel: string }) =>
    record.brand === unit.brand.id && record.channel === channel;
  const today = {
    sent: state.receipts.filter(
      (receipt) => on(receipt) && wentOut(receipt) && civilDay(receipt.at, zone) === civilDay(now, zone),
    ).length,
    open: state.intents.filter(on).length,
  };
  const common = { campaign: unit.campaign.id, channel, today, evidence: evidenceOf(unit, state, channel, now) };
  const activity = activityOf(unit, state.signals, now);
  if (!activity.active) return { ...common, state: 'inactive', why: activity.why };
  const stop = publishStop(unit, state, channel, now);
  if (!stop) return { ...common, state: 'free', why: 'nothing stops it; what is due goes out in the next run' };
  return { ...common, state: stop.level, why: stop.why, ...(stop.until === undefined ? {} : { until: stop.until }) };
}

/** @param target  id of a campaign or of a channel */
export async function whyOf(
  cwd: string,
  target: string,
  now: Instant,
): Promise<{ answers: Answer[]; timezone: string }> {
  const repo = await openRepo(cwd);
  const { commit } = await repo.head();
  const world = new World(await commitSnapshot(repo, commit));
  const inputs = await openInputs(world, []);
  const workspace = await openWorkspace(world, inputs);
  const answers: Answer[] = [];
  for (const unit of workspace.units) {
    const channels = [...new Set(unit.campaign.schedule.map(({ channel }) => channel))];
    const asked = unit.campaign.id === target ? channels : channels.filter((channel) => channel === target);
    const state = await workspace.hub(unit);
    answers.push(...asked.map((channel) => answerFor(unit, state, channel, now)));
  }
  if (answers.length === 0) throw new Usage(`${target} is neither a campaign nor a channel of one`);
  return { answers, timezone: inputs.workspace.timezone };
}

export function renderWhy(answers: readonly Answer[], timezone: string, paint: Paint): string {
  return answers
    .map(({ campaign, channel, state, why, until, evidence, today }) => {
      const color = state === 'free' ? 'green' : state === 'halted' ? 'red' : 'yellow';
      const rows = [
        ['today', `${today.sent} in the ledger, ${today.open} open`],
        ...(until === undefined ? [] : [['until', showTime(until, timezone)]]),
        ...evidence.map((path, index) => [index === 0 ? 'rests on' : '', path]),
      ];
      return [
        `${paint('bold', `${campaign} on ${channel}`)}  ${paint(color, state)}`,
        `  ${why}`,
        ...columns(rows),
      ].join('\n');
    })
    .join('\n\n');
}
