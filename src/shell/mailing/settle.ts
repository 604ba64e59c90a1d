/** Mailings that earlier runs left open: one that can go on goes on, every other one is closed with what is known. */
import type { CampaignInput, MadeAsset, Note } from '../../core/contracts.ts';
import { type NewReceipt, plannedPublication } from '../../core/ledger.ts';
import { closingOf } from '../../core/mailing/close.ts';
import { type MailingRecords, recordsFolder } from '../../core/mailing/records.ts';
import { settledReceipt } from '../../core/settle.ts';
import type { Intent } from '../../generated/entities.ts';
import type { CallGuard, PublishEffect } from '../calling.ts';
import type { Pass } from '../pass.ts';
import { readRecords, recordsChangeSet } from './books.ts';
import { orderOf } from './deliver.ts';
import { mail } from './mailing.ts';
import { mailingMemory } from './memory.ts';

/** Claims, or a channel that mails lists. */
export async function isMailing({ world, workspace }: Pass, intent: Intent, plugins: CampaignInput['plugins']) {
  const unit = workspace.units.find(({ campaign }) => campaign.id === intent.campaign);
  const channel = unit?.channels.find(({ id }) => id === intent.channel);
  if (channel && plugins.channels.get(channel.adapter)?.mailing) return true;
  return (await world.subtree([recordsFolder(intent.key)])).size > 0;
}

/** What may still change because of runs on other machines. */
export interface Strangers {
  /** Of open claims, which are other ones as soon as their run goes on. */
  readonly claims: string;
  /** Whether there is anything to wait for. */
  readonly mayLive: boolean;
}

/** @throws Failed when the records cannot be read */
export async function strangersIn(pass: Pass, guard: CallGuard, intent: Intent): Promise<Strangers> {
  const records = await readRecords(pass.world, intent.key);
  const memory = mailingMemory(guard.root, intent.key);
  const claims = records.open().filter(({ run, chunk }) => memory.batchesOf(run, chunk) === undefined);
  const isUnseen =
    !records.hasReachedAnybody() && guard.memory.stateOf(intent.run, intent.key, intent.attempt) === undefined;
  return { claims: claims.map(({ batch }) => batch).join(' '), mayLive: claims.length > 0 || isUnseen };
}

const note = (level: Note['level'], { campaign, asset, channel }: Intent, message: string): { open: Note } => ({
  open: { level, scope: campaign, message: `${asset} on ${channel}: ${message}` },
});

const isAtWork = ({ memory }: CallGuard, intent: Intent, records: MailingRecords): boolean =>
  [intent.run, ...records.open().map(({ run }) => run)].some((run) => memory.isRunning(run));

/** Why nobody of the list may be sent anything now, although some have it. */
function obstacle({ unit, state, delivery }: CampaignInput, { asset, content }: Intent): string | undefined {
  if (delivery === 'local') return 'it goes on with delivery: direct';
  if (unit.campaign.status !== 'active') return `it goes on when the campaign is active again`;
  const verdict = state.verdicts.get(asset);
  if (verdict?.result === 'pass' && verdict.content === content) return undefined;
  return 'it goes on when its verdict passes again';
}

export interface Question {
  readonly pass: Pass;
  readonly guard: CallGuard;
  readonly input: CampaignInput;
  readonly intent: Intent;
  readonly asset: MadeAsset | undefined;
  /** Whether another run was seen to go on with it while this one was waiting. */
  readonly isUnderWay: boolean;
}

/** @returns the receipt, or why there is none yet */
export async function settleMailing(question: Question): Promise<NewReceipt | { readonly open: Note }> {
  const { pass, guard, input, intent, asset, isUnderWay } = question;
  const records = await readRecords(pass.world, intent.key);
  if (isUnderWay || isAtWork(guard, intent, records)) return note('waiting', intent, 'another run is mailing it');
  if (guard.dryRun || pass.stopping.aborted) return note('waiting', intent, 'it goes on in the next run');
  const channel = input.unit.channels.find(({ id }) => id === intent.channel);
  const effect: PublishEffect | undefined = channel && asset && { kind: 'publish', intent, asset, channel };
  const order = effect && orderOf(pass, guard, input, effect);
  if (!order) return closed(pass, input, intent, records);
  const why = obstacle(input, intent);
  if (why !== undefined) return note('waiting', intent, why);
  const outcome = await mail(order);
  if (outcome.status === 'blocked') return note('blocked', intent, outcome.todo);
  if (outcome.status === 'failed') {
    const { open } = note(outcome.begun ?? (outcome.held ? 'halted' : 'failed'), intent, outcome.reason);
    return { open: { ...open, ...(outcome.until === undefined ? {} : { until: outcome.until }) } };
  }
  const { url, recipients } = outcome.value;
  const { title } = plannedPublication(order.effect).receipt;
  return settledReceipt(input, intent, {
    status: 'sent',
    url,
    ...(title === undefined ? {} : { title }),
    ...(recipients && { recipients }),
  });
}

/** Nobody can be sent the rest: its content or its channel is gone. */
async function closed(pass: Pass, input: CampaignInput, intent: Intent, records: MailingRecords): Promise<NewReceipt> {
  const { run, now } = pass.context;
  const because = 'its content or its channel is gone, so nobody else gets it';
  const { entries, receipt } = closingOf(intent.key, records, { run, at: now }, because);
  await pass.take(
    await recordsChangeSet(pass.world, {
      scope: intent.campaign,
      title: `${intent.campaign}, ${intent.asset}: closed`,
      publication: intent.key,
      entries,
    }),
  );
  return settledReceipt(input, intent, receipt);
}
