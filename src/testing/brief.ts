import type { Brief } from '../core/contracts.ts';

const fact = (id: string, statement: string): Brief['facts'][number] => ({
  id,
  statement,
  source: 'docs/product.md',
  checked: '2026-11-01',
});

const price = fact('price', 'A club pays 9 EUR a month.');
const offlineFact = fact('offline', 'Entries made without a signal are kept for 30 days.');

/** A brief of two slots, for tests of engines that ask somebody. */
export const exampleBrief: Brief = {
  asset: { id: 'social-post-20261123-0930-feed', kind: 'social_post' },
  campaign: { id: 'spring', goal: 'signup' },
  brand: { id: 'tidewell', name: 'Tidewell', tagline: 'The logbook that stays on board' },
  locale: 'en',
  segment: { id: 'harbour-crew', name: 'Harbour crews' },
  offer: { id: 'club', name: 'Tidewell Club', summary: 'A shared logbook for the boats of a club.' },
  angle: {
    pain: { id: 'lost-page', forms: { s: 'The page with the damage is gone.', clause: 'the page is gone' }, facts: [] },
    outcome: { id: 'known-state', forms: { s: 'You know the state of a boat before you cast off.' }, facts: [] },
    mechanism: {
      id: 'works-offline',
      forms: { s: 'Entries made at sea wait on the phone until there is a signal.' },
      facts: ['offline'],
    },
    proof: { id: 'offline', forms: { s: offlineFact.statement }, facts: ['offline'] },
  },
  more: { pains: [], outcomes: [], mechanisms: [], proofs: [] },
  objections: [],
  facts: [price, offlineFact],
  price,
  cta: { label: 'Open a logbook' },
  slots: [
    { slot: 'headline', min: 1, max: 1, length: { min: 12, max: 72 } },
    { slot: 'body', min: 1, max: 2, length: { min: 20, max: 170 } },
  ],
  voice: { max_exclamations: 0, max_emoji: 0 },
  banned: ['synergy'],
  used: [],
  findings: [],
  attempt: 1,
  seed: 'c0ffee',
};

/** Copy that keeps to it. */
export const exampleBlocks = [
  { slot: 'headline', text: 'Know the boat before you cast off', facts: [] },
  { slot: 'body', text: 'Entries made without a signal are kept for 30 days.', facts: ['offline'] },
];
