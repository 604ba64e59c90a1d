import { expect, test } from 'vitest';
import type { AudienceSegment, Offer } from '../../generated/entities.ts';
import { nearestFirst } from './relevance.ts';

const forms = { s: 'It works.', vp: 'work', short: 'Works', clause: 'it fails' };
const segment: AudienceSegment = {
  name: 'Teams',
  about: 'They try.',
  priority: 1,
  pains: [
    { id: 'noise', forms },
    { id: 'gaps', forms },
  ],
  objections: [],
  triggers: [],
  channels: ['web'],
};
const offer: Offer = {
  name: 'Tool',
  summary: 'It works.',
  price: { amount: '0', currency: 'EUR', period: 'once' },
  price_fact: 'free',
  cta: { id: 'go', label: 'Go', url: '#start' },
  steps: [],
  outcomes: [
    { id: 'other', answers: ['somebody-elses'], forms },
    { id: 'whole', answers: ['gaps'], forms },
    { id: 'quiet', answers: ['noise', 'gaps'], forms },
  ],
  mechanisms: [
    { id: 'unrelated', enables: ['other'], forms },
    { id: 'filter', enables: ['whole', 'quiet'], forms },
  ],
  proofs: [
    { id: 'late', supports: ['other'], fact: 'free' },
    { id: 'soon', supports: ['whole'], fact: 'free' },
    { id: 'now', supports: ['quiet'], fact: 'free' },
  ],
};

test("what answers the segment's pains comes first, in the order of the pains", () => {
  const { outcomes, mechanisms, proofs } = nearestFirst(segment, offer);
  expect(outcomes.map(({ id }) => id)).toEqual(['quiet', 'whole', 'other']);
  expect(mechanisms.map(({ id }) => id)).toEqual(['filter', 'unrelated']);
  expect(proofs.map(({ id }) => id)).toEqual(['now', 'soon', 'late']);
});
