import { activityOf } from '../core/activity.ts';
import { type DueAsset, dueAssets, isIntact } from '../core/assets.ts';
import { publishStop } from '../core/breakers.ts';
import type { CampaignInput, EffectOf, FileChange, MadeAsset, Note, Stage } from '../core/contracts.ts';
import { stringifyDocument } from '../core/documents.ts';
import { haltPath } from '../core/halts.ts';
import {
  isTaken,
  isUsed,
  latestSent,
  ledgerPath,
  type NewReceipt,
  nextRevision,
  openFile,
  openPath,
  publicationKey,
  receiptOf,
  refusedAttempts,
  releasedAttempts,
} from '../core/ledger.ts';
import { type EffectivePolicy, effectivePolicy } from '../core/policy/effective.ts';
import { delayOf, frequencyLimits, usesOf, zoneOf } from '../core/policy/timing.ts';
import { reservedTodo } from '../core/reserved.ts';
import { fileReceipts } from '../core/settle.ts';
import type { Halt, Intent } from '../generated/entities.ts';

const MAX_PUBLISH_ATTEMPTS = 3;

type Decision = { readonly effect: EffectOf<'publish'> } | { readonly note: Note } | undefined;

/** What keeps the asset from being published whatever the breakers say. */
function unfit(input: CampaignInput, { entry, made, verdict }: DueAsset, policy: string): Note | undefined {
  const scope = input.unit.campaign.id;
  const folder = `hub/campaigns/${scope}/assets/${entry.asset}`;
  if (!made || !verdict) return { level: 'waiting', scope, message: `${entry.asset} is not made and judged yet` };
  if (!isIntact(made) || (verdict.result === 'pass' && verdict.content !== made.asset.content)) {
    const message =
      `${entry.asset} was edited after its verdict, so it is not published: ` +
      `restore ${folder}, or delete it to have it made again`;
    return { level: 'blocked', scope, message };
  }
  if (verdict.result !== 'pass' || verdict.policy !== policy) {
    return { level: 'waiting', scope, message: `${entry.asset} has no passing verdict under the present policy` };
  }
  return undefined;
}

/** Weekly entries keep their slot; what is published on change takes the next revision, if it did change. */
function slotOf({ unit, state }: CampaignInput, { entry }: DueAsset, made: MadeAsset): string | undefined {
  if (entry.slot !== 'on_change') return entry.slot;
  const last = latestSent(state.receipts, unit.campaign.id, entry.asset, entry.channel);
  if (last?.content === made.asset.content) return undefined;
  return nextRevision(state.receipts, unit.campaign.id, entry.asset, entry.channel);
}

/** Frequency limits, asked again: it may be later now than the plan says, and others may have used the channel. */
function untimely(
  input: CampaignInput,
  { entry: { asset, kind, channel } }: DueAsset,
  policy: EffectivePolicy,
  planned: readonly Intent[],
): Note | undefined {
  const { unit, now } = input;
  const limits = frequencyLimits(policy, unit.campaign.id, { kind, channel });
  const others = [...usesOf(input, channel), ...planned.filter((one) => one.channel === channel).map(({ at }) => at)];
  const delay = delayOf(limits, zoneOf(unit, channel), others, now);
  if (!delay) return undefined;
  const until = delay.until === undefined ? {} : { until: delay.until };
  return { level: 'waiting', scope: unit.campaign.id, message: `${asset} held back, ${delay.why}`, ...until };
}

function decide(input: CampaignInput, due: DueAsset, policy: EffectivePolicy, planned: readonly Intent[]): Decision {
  const { unit, state, now, run } = input;
  const { entry, made } = due;
  const scope = unit.campaign.id;
  const obstacle = unfit(input, due, policy.hash);
  if (obstacle || !made) return obstacle && { note: obstacle };
  const slot = slotOf(input, due, made);
  if (slot === undefined) return undefined;
  const key = publicationKey(scope, entry.asset, entry.channel, slot);
  if (isTaken(key, state.receipts, state.intents)) return undefined;

  const channel = unit.channels.find(({ id }) => id === entry.channel);
  const adapter = channel && input.plugins.channels.get(channel.adapter);
  if (!channel || !adapter) throw new RangeError(`no channel ${entry.channel}`);
  const todo = input.delivery === 'local' ? undefined : reservedTodo(unit.brand);
  if (todo !== undefined) return { note: { level: 'blocked', scope, message: `channel ${channel.id}: ${todo}` } };
  const stop = publishStop(unit, state, channel.id, now, planned);
  if (stop) {
    const until = stop.until === undefined ? {} : { until: stop.until };
    return { note: { level: stop.level, scope, message: `${entry.asset} held back, ${stop.why}`, ...until } };
  }
  const delay = untimely(input, due, policy, planned);
  if (delay) return { note: delay };
  const intent: Intent = {
    key,
    attempt: releasedAttempts(key, state.receipts) + 1,
    run,
    at: now,
    campaign: scope,
    asset: entry.asset,
    brand: unit.brand.id,
    channel: channel.id,
    slot,
    class: adapter.class,
    effect: adapter.files ? 'tree' : 'outside',
    content: made.asset.content,
  };
  return { effect: { kind: 'publish', intent, asset: made, channel } };
}

/** Decides in plan order, each one knowing what was decided before it. */
function decisions(input: CampaignInput): { effects: EffectOf<'publish'>[]; notes: Note[] } {
  const effects: EffectOf<'publish'>[] = [];
  const notes: Note[] = [];
  if (!activityOf(input.unit, input.state.signals, input.now).active) return { effects, notes };
  const policy = effectivePolicy(input.unit);
  const due = dueAssets(input).filter(({ entry }) => !isUsed(input.unit.campaign.id, entry, input.state));
  // A rejection stops its channel for this campaign: what is wrong with one asset may be wrong with its siblings.
  const isFinal = ({ verdict }: DueAsset): boolean => verdict?.result === 'reject' || verdict?.result === 'error';
  const stopped = new Set(due.filter(isFinal).map(({ entry }) => entry.channel));
  for (const candidate of due) {
    const planned = effects.map(({ intent }) => intent);
    // Guard tells of what it rejected or could not judge.
    if (isFinal(candidate) || candidate.verdict?.result === 'blocked') continue;
    const decision = decide(input, candidate, policy, planned);
    if (!decision) continue;
    if ('note' in decision) notes.push(decision.note);
    else if (stopped.has(candidate.entry.channel)) {
      const message = `${candidate.entry.asset} held back: another asset on ${candidate.entry.channel} stands rejected`;
      notes.push({ level: 'halted', scope: input.unit.campaign.id, message });
    } else effects.push(decision.effect);
  }
  return { effects, notes };
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** A key that the channel has refused too often stops its campaign and channel until a person has looked. */
function attemptHalts({ unit, state, run, now }: CampaignInput, receipts: readonly NewReceipt[]): FileChange[] {
  const all = [...state.receipts, ...receipts];
  return receipts
    .filter(({ refused }) => refused)
    .flatMap(({ key, asset, channel, because = '' }) => {
      const own = state.halts.filter((halt) => halt.campaign === unit.campaign.id && halt.channel === channel);
      const since =
        own
          .map(({ at }) => at)
          .sort()
          .at(-1) ?? '';
      const refusals = refusedAttempts(key, all, since);
      if (refusals < MAX_PUBLISH_ATTEMPTS) return [];
      const halt: Halt = {
        campaign: unit.campaign.id,
        channel,
        breaker: 'max_publish_attempts',
        why: `${asset} was refused ${refusals} times, at last: ${because.slice(0, 300)}. Mend the cause, then run "mhub resume".`,
        evidence: [ledgerPath(run, now)],
        at: now,
        resolved: false,
      };
      return [
        { path: haltPath(halt), content: stringifyDocument(halt), because: `${channel} stops: ${refusals} refusals` },
      ];
    });
}

export const stage: Stage<'publish'> = {
  name: 'publish',

  plan: (input) => decisions(input).effects,

  notes: (input) => decisions(input).notes,

  intend({ unit, state, run }, effects) {
    const scope = unit.campaign.id;
    const title = `${scope}, ${plural(effects.length, 'intent')}`;
    if (effects.length === 0) return { stage: 'publish', scope, title, changes: [] };
    const open = [...state.intents.filter((intent) => intent.run === run), ...effects.map(({ intent }) => intent)];
    const because = effects.map(({ intent }) => `${intent.asset} on ${intent.channel}`).join(', ');
    return { stage: 'publish', scope, title, changes: [{ path: openPath(run), content: openFile(open), because }] };
  },

  fold(input, outcomes) {
    const scope = input.unit.campaign.id;
    const receipts: NewReceipt[] = [];
    const changes: FileChange[] = [];
    const notes: Note[] = [];
    for (const outcome of outcomes) {
      const { intent, asset } = outcome.effect;
      const common = receiptOf(intent, input.run, input.now);
      if (outcome.status === 'done') {
        const { url, recipients } = outcome.value;
        receipts.push({ ...common, status: 'sent', url, title: asset.asset.title, ...(recipients && { recipients }) });
        changes.push(...outcome.value.changes);
      } else if (outcome.status === 'failed' && outcome.begun !== undefined) {
        const until = outcome.until === undefined ? {} : { until: outcome.until };
        const message = `${intent.asset} on ${intent.channel}: ${outcome.reason}`;
        notes.push({ level: outcome.begun, scope, message, ...until });
      } else if (outcome.status === 'failed' && outcome.mayHaveHappened) {
        // The intent stays open: it counts against every cap until it is settled.
        const message = `${intent.asset} on ${intent.channel} may have gone out: ${outcome.reason}`;
        notes.push({ level: 'in_doubt', scope, message });
      } else if (outcome.status === 'failed' && outcome.until !== undefined) {
        // Nobody judged the post: it is no refusal that counts towards a halt.
        const { reason: because, until } = outcome;
        receipts.push({ ...common, status: 'released', because });
        notes.push({ level: 'waiting', scope, message: `${intent.asset} on ${intent.channel}: ${because}`, until });
      } else {
        const because = outcome.status === 'blocked' ? outcome.todo : outcome.reason;
        const isHeld = outcome.status === 'failed' && outcome.held === true;
        const isRefused = outcome.status === 'failed' && !isHeld;
        receipts.push({ ...common, status: 'released', because, ...(isRefused ? { refused: true } : {}) });
        const level = outcome.status === 'blocked' ? 'blocked' : isHeld ? 'halted' : 'failed';
        notes.push({ level, scope, message: `${intent.asset} on ${intent.channel}: ${because}` });
      }
    }
    changes.push(...attemptHalts(input, receipts));
    const sent = receipts.filter(({ status }) => status === 'sent').length;
    const title = `${scope}, ${plural(sent, 'publication')}`;
    return {
      changeSet: { stage: 'publish', scope, title, changes: [...fileReceipts(input, receipts), ...changes] },
      notes,
    };
  },
};
