/** A run that many machines share: one push of intents, calls without git, one push of receipts. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wentOut } from './core/ledger.ts';
import { AFTER_SHARDS, oneCampaignPerShard, openYard, ShardedRun, type Yard } from './testing/sharding.ts';

const SHARDS = 64;
const TIMEOUT_MS = 120_000;

let yard: Yard;
beforeAll(async () => {
  yard = await openYard(oneCampaignPerShard(SHARDS), []);
}, TIMEOUT_MS);
afterAll(() => yard.close());

test(
  `${SHARDS} shards publish in two pushes, and a lost one is healed by a third, with nothing twice`,
  async () => {
    const run = new ShardedRun(yard, 'lost', { feed: 'query' });
    const planned = await run.planHere('--shards', String(SHARDS));
    expect(planned).toMatchObject({ exit_code: 0, calls: SHARDS });
    expect(planned.matrix).toHaveLength(SHARDS);
    expect([run.pushes, run.accepted.length]).toEqual([1, 0]);

    for (const shard of planned.matrix) expect((await run.workHere(planned, shard)).output).toContain('1 of 1 calls');
    expect([run.pushes, run.accepted.length]).toEqual([1, SHARDS]);

    // Its calls were made, but what became of them was lost with the machine.
    rmSync(run.outcomes(planned.matrix[7] ?? ''));
    const folded = await run.fold('--ended');
    expect(folded.published).toHaveLength(SHARDS - 1);
    expect(run.pushes).toBe(2);
    expect(run.facts.intents).toHaveLength(1);

    const healed = await run.start([['run'], ['run']], AFTER_SHARDS);
    expect(
      healed.reports.map(({ exit_code }) => exit_code),
      healed.stderr,
    ).toEqual([0, 0]);
    expect(healed.reports[1]?.commits).toBe(0);
    expect(run.pushes).toBe(3);
    expect(run.facts.receipts.filter(wentOut)).toHaveLength(SHARDS);
    expect(run.wrong).toEqual([]);

    const verified = await run.start([['verify']], AFTER_SHARDS);
    expect(verified.code, verified.stderr).toBe(0);

    const again = await run.fold('--ended');
    expect([again.commits, again.exit_code, run.pushes]).toEqual([0, 0, 3]);
  },
  TIMEOUT_MS,
);
