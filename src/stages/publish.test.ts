import { expect, test } from 'vitest';
import type { CampaignInput, HubState, Outcome } from '../core/contracts.ts';
import { publicationKey } from '../core/ledger.ts';
import type { Intent, Receipt } from '../generated/entities.ts';
import { emptyHub } from '../testing/hub-state.ts';
import { contextOf, publicationOf, publishingUnit } from '../testing/publications.ts';
import { stage } from './publish.ts';

const RUN = '20261123T090000Z-00000001';
const NOW = '2026-11-23T09:00:00Z';
const UNTIL = '2026-11-23T09:05:00Z';
const SLOT = '2026-11-23T09:30[Europe/Berlin]';
const { campaign } = publishingUnit;
const { channel } = contextOf('feed', []);

const asset = publicationOf({ id: 'monday', channel: 'feed', at: NOW, files: {}, campaign: campaign.id });
const intentAt = (attempt: number): Intent => ({
  key: publicationKey(campaign.id, asset.id, channel.id, SLOT),
  attempt,
  run: RUN,
  at: NOW,
  campaign: campaign.id,
  asset: asset.id,
  brand: publishingUnit.brand.id,
  channel: channel.id,
  slot: SLOT,
  class: 'natural',
  effect: 'outside',
  content: asset.asset.content,
});

type Failure = Pick<Outcome<'publish'> & { status: 'failed' }, 'reason' | 'mayHaveHappened' | 'until'>;

/** What three runs in a row make of the same failure. */
function threeTimes(failure: Failure) {
  let state: HubState = emptyHub;
  return [1, 2, 3].map((attempt) => {
    const intent = intentAt(attempt);
    const input = {
      unit: publishingUnit,
      state: { ...state, intents: [intent] },
      run: RUN,
      base: 'b'.repeat(40),
      now: NOW,
    };
    const effect = { kind: 'publish', intent, asset, channel } as const;
    const { changeSet, notes } = stage.fold(input as unknown as CampaignInput, [
      { effect, status: 'failed', ...failure },
    ]);
    const lines = changeSet.changes.find(({ path }) => path.startsWith('hub/ledger/'))?.content;
    const receipts = String(lines ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Receipt);
    state = { ...state, receipts };
    return { notes, receipts, halts: changeSet.changes.filter(({ path }) => path.startsWith('hub/halts/')) };
  });
}

test('a rate limit is waited for, and halts nothing however often it comes', () => {
  const runs = threeTimes({ reason: 'takes no more calls', mayHaveHappened: false, until: UNTIL });
  expect(runs.map(({ notes }) => notes)).toEqual(
    Array(3).fill([
      { level: 'waiting', scope: campaign.id, message: `monday on ${channel.id}: takes no more calls`, until: UNTIL },
    ]),
  );
  expect(runs.flatMap(({ halts }) => halts)).toEqual([]);
  expect(runs.at(-1)?.receipts.map(({ status, refused }) => [status, refused])).toEqual(
    Array(3).fill(['released', undefined]),
  );
});

test('the third refusal of a post halts its channel', () => {
  const runs = threeTimes({ reason: 'answered 422', mayHaveHappened: false });
  expect(runs.map(({ halts }) => halts.length)).toEqual([0, 0, 1]);
  expect(runs.at(-1)?.receipts.map(({ refused }) => refused)).toEqual([true, true, true]);
});

test('what may have gone out stays open, rate limit or not', () => {
  const [first] = threeTimes({ reason: 'no answer', mayHaveHappened: true, until: UNTIL });
  expect([first?.notes.map(({ level }) => level), first?.receipts]).toEqual([['in_doubt'], []]);
});
