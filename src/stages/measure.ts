import type { EffectOf, FileChange, Note, Stage } from '../core/contracts.ts';
import { newSignals } from '../core/signals.ts';

/** Reads what the campaign's publications achieved, on every channel that can tell. */
export const stage: Stage<'read-metrics'> = {
  name: 'measure',

  plan: ({ unit, plugins, published }): EffectOf<'read-metrics'>[] =>
    unit.channels
      .filter(({ adapter }) => plugins.channels.get(adapter)?.metrics !== undefined)
      .filter(({ id }) => published.get(id)?.some(({ campaign }) => campaign === unit.campaign.id))
      .map((channel) => ({ kind: 'read-metrics', channel, campaign: unit.campaign.id })),

  fold({ unit, state, now }, outcomes) {
    const scope = unit.campaign.id;
    const folder = `hub/campaigns/${scope}/signals`;
    const changes: FileChange[] = [];
    const notes: Note[] = [];
    for (const outcome of outcomes) {
      const { channel } = outcome.effect;
      if (outcome.status === 'blocked') {
        notes.push({ level: 'blocked', scope, message: `channel ${channel.id}: ${outcome.todo}` });
      } else if (outcome.status === 'failed') {
        notes.push({ level: 'failed', scope, message: `channel ${channel.id}: ${outcome.reason}` });
      } else {
        changes.push(...newSignals(folder, channel.id, outcome.value, state.signals, now));
      }
    }
    const title = `${scope}, ${changes.length} signal${changes.length === 1 ? '' : 's'}`;
    return { changeSet: { stage: 'measure', scope, title, changes }, notes };
  },
};
