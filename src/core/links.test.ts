import { expect, test } from 'vitest';
import { trackedUrl } from './links.ts';

const tracking = { source: 'feed', medium: 'social', campaign: 'start', content: 'social-post-1' };

test('UTM parameters stand in one order, after the parameters of the address', () => {
  expect(trackedUrl('https://mhub.example/start/?page=2#how', tracking)).toBe(
    'https://mhub.example/start/?page=2&utm_source=feed&utm_medium=social&utm_campaign=start&utm_content=15x7swunxk#how',
  );
});

test('UTM parameters of the address are replaced, not repeated', () => {
  expect(trackedUrl('https://mhub.example/?utm_source=old&utm_term=x', tracking)).toBe(
    'https://mhub.example/?utm_source=feed&utm_medium=social&utm_campaign=start&utm_content=15x7swunxk',
  );
});

test('UTM values are lower-case words', () => {
  expect(trackedUrl('https://mhub.example/', { ...tracking, source: 'My Feed & More' })).toContain(
    'utm_source=my-feed-more&',
  );
});
