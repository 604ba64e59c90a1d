import type { BrandInput, EffectOf, FileChange, Note, Stage } from '../core/contracts.ts';
import { newSignals } from '../core/signals.ts';

/** Reads the brand's sources; what was not filed before becomes a signal. */
export const stage: Stage<'read-source', BrandInput> = {
  name: 'sense',

  plan: ({ unit }): EffectOf<'read-source'>[] =>
    unit.sources.map((source) => ({ kind: 'read-source', source, brand: unit.brand.id })),

  fold({ unit, signals, now }, outcomes) {
    const folder = `hub/brands/${unit.brand.id}/signals`;
    const changes: FileChange[] = [];
    const notes: Note[] = [];
    for (const outcome of outcomes) {
      const { source } = outcome.effect;
      const scope = unit.brand.id;
      if (outcome.status === 'blocked') {
        notes.push({ level: 'blocked', scope, message: `source ${source.id}: ${outcome.todo}` });
      } else if (outcome.status === 'failed') {
        notes.push({ level: 'failed', scope, message: `source ${source.id}: ${outcome.reason}` });
      } else {
        changes.push(...newSignals(folder, source.id, outcome.value, signals, now));
      }
    }
    const title = `${unit.brand.id}, ${changes.length} signal${changes.length === 1 ? '' : 's'}`;
    return { changeSet: { stage: 'sense', scope: unit.brand.id, title, changes }, notes };
  },
};
