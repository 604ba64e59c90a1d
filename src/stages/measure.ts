import type { CampaignInput, EffectOf, FileChange, LiveCheck, Note, Outcome, Stage } from '../core/contracts.ts';
import { jsonLines } from '../core/ledger.ts';
import { newSignals } from '../core/signals.ts';
import { dueLooks, lookAgainAt, lookAt, verifiedPath } from '../core/verifications.ts';
import type { Verification } from '../generated/entities.ts';

type Measuring = 'read-metrics' | 'verify-live' | 'examine';

const metricsEffects = ({ unit, plugins, published }: CampaignInput): EffectOf<'read-metrics'>[] =>
  unit.channels
    .filter(({ adapter }) => plugins.channels.get(adapter)?.metrics !== undefined)
    .filter(({ id }) => published.get(id)?.some(({ campaign }) => campaign === unit.campaign.id))
    .map((channel) => ({ kind: 'read-metrics', channel, campaign: unit.campaign.id }));

/** What is to be seen in public. */
const lookEffects = (input: CampaignInput): EffectOf<'verify-live'>[] =>
  dueLooks(input).flatMap((publication) => {
    const channel = input.unit.channels.find(({ id }) => id === publication.receipt.channel);
    return channel ? [{ kind: 'verify-live', channel, publication }] : [];
  });

/** Of what stands as it was sent: whether its links still lead somewhere. */
const linkEffects = ({ plugins }: CampaignInput, outcomes: readonly Outcome<Measuring>[]): EffectOf<'examine'>[] =>
  outcomes.flatMap((outcome): EffectOf<'examine'>[] => {
    if (outcome.effect.kind !== 'verify-live' || outcome.status !== 'done') return [];
    const { publication } = outcome.effect;
    const kind = plugins.assets.get(publication.asset.kind);
    if (!kind || (outcome.value as LiveCheck).state !== 'verified') return [];
    return [{ kind: 'examine', asset: publication, document: kind.extract(publication.files), needs: ['links'] }];
  });

const linksOf = (outcomes: readonly Outcome<Measuring>[], id: string) => {
  const seen = outcomes.find(({ effect }) => effect.kind === 'examine' && effect.asset.id === id);
  return seen?.status === 'done' ? (seen as Outcome<'examine'> & { status: 'done' }).value.links : undefined;
};

/** @returns what is filed, and what a person should know of the rest */
function foldLooks(
  input: CampaignInput,
  outcomes: readonly Outcome<Measuring>[],
): { readonly changes: FileChange[]; readonly notes: Note[] } {
  const scope = input.unit.campaign.id;
  const filed: Verification[] = [];
  const notes: Note[] = [];
  for (const outcome of outcomes) {
    if (outcome.effect.kind !== 'verify-live') continue;
    const { publication } = outcome.effect;
    const { asset, channel, url = '' } = publication.receipt;
    const what = `${asset} on ${channel}`;
    if (outcome.status === 'blocked') {
      notes.push({ level: 'blocked', scope, message: `${what} cannot be looked at: ${outcome.todo}` });
    } else if (outcome.status === 'failed') {
      const message = `${what} cannot be looked at now: ${outcome.reason}`;
      notes.push({ level: 'waiting', scope, message, until: lookAgainAt(input.now) });
    } else {
      const look = lookAt(publication, outcome.value as LiveCheck, linksOf(outcomes, publication.id), input);
      if ('awaited' in look) {
        const message = `${what} is not to be seen at ${url} yet`;
        notes.push({ level: 'waiting', scope, message, until: look.awaited });
        continue;
      }
      filed.push(look.filed);
      if (look.filed.state === 'verified') continue;
      const differences = look.filed.differences.join('; ') || 'nothing is there';
      notes.push({ level: 'failed', scope, message: `${what} is not what was sent, ${url}: ${differences}` });
    }
  }
  if (filed.length === 0) return { changes: [], notes };
  const { state, run, now } = input;
  const earlier = state.verifications.filter((look) => look.run === run);
  const because = filed.map(({ asset, state: seen }) => `${asset} ${seen}`).join(', ');
  return { changes: [{ path: verifiedPath(run, now), content: jsonLines([...earlier, ...filed]), because }], notes };
}

/** Reads what the campaign's publications achieved, on every channel that can tell, and fetches back what went out. */
export const stage: Stage<Measuring> = {
  name: 'measure',

  plan: (input) => [...metricsEffects(input), ...lookEffects(input)],

  follow: linkEffects,

  fold(input, outcomes) {
    const { unit, state, now } = input;
    const scope = unit.campaign.id;
    const folder = `hub/campaigns/${scope}/signals`;
    const signals: FileChange[] = [];
    const notes: Note[] = [];
    for (const outcome of outcomes) {
      if (outcome.effect.kind !== 'read-metrics') continue;
      const { channel } = outcome.effect;
      if (outcome.status === 'blocked') {
        notes.push({ level: 'blocked', scope, message: `channel ${channel.id}: ${outcome.todo}` });
      } else if (outcome.status === 'failed') {
        notes.push({ level: 'failed', scope, message: `channel ${channel.id}: ${outcome.reason}` });
      } else {
        const readings = (outcome as Outcome<'read-metrics'> & { status: 'done' }).value;
        signals.push(...newSignals(folder, channel.id, readings, state.signals, now));
      }
    }
    const looks = foldLooks(input, outcomes);
    const counted = `${signals.length} signal${signals.length === 1 ? '' : 's'}`;
    const title = looks.changes.length > 0 ? `${scope}, ${counted}, seen in public` : `${scope}, ${counted}`;
    const changes = [...signals, ...looks.changes];
    return { changeSet: { stage: 'measure', scope, title, changes }, notes: [...notes, ...looks.notes] };
  },
};
