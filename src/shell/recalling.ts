/** Taking down: what stands in public and no longer passes. It asks no breaker, for it is the safe direction. */
import type { FileChange, Publication } from '../core/contracts.ts';
import { isReplaceable, type Recall, recallsOf, withdrawalBy, withdrawalChangeSet } from '../core/recall.ts';
import type { Pass } from './pass.ts';

/**
 * Takes down what channels can take down, campaign by campaign.
 *
 * @param spared  replaceable: leaves what this run may still replace by its next revision
 */
export async function takeDown(pass: Pass, spared: 'replaceable' | 'nothing'): Promise<void> {
  for (const unit of pass.workspace.units) {
    if (pass.stopping.aborted) return;
    await pass.guarded(unit.campaign.id, async () => {
      const input = await pass.inputOf('publish', unit);
      // With evidence that cannot be read, nobody knows what stands.
      if (input.state.unreadable.length > 0) return;
      const recalls = recallsOf(input).filter((one) => spared === 'nothing' || !isReplaceable(input, one));
      const shown = new Map<string, readonly Publication[]>(input.published);
      const changes: FileChange[] = [];
      const done: Recall[] = [];
      for (const recall of recalls) {
        const { publication } = recall;
        const by = withdrawalBy(input, publication);
        if (!by) continue;
        const { channel, withdraw } = by;
        const others = (shown.get(channel.id) ?? []).filter(({ receipt }) => receipt.key !== publication.receipt.key);
        shown.set(channel.id, others);
        changes.push(...(await withdraw(publication, { now: input.now, unit, channel, published: others })));
        done.push(recall);
      }
      if (done.length > 0) await pass.finish(withdrawalChangeSet(input, done, changes));
    });
  }
}
