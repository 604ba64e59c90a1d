import { expect, test } from 'vitest';
import { isDead } from './dead.ts';

test.each([
  '\\(s\\)he',
  'Yahoo!',
  'C\\+\\+',
  '\\.NET',
  'approx\\.',
  '(?:a|b)%',
  'ok|wow!',
  '(?i)e\\.g\\.',
  '100[ ]?%+',
  '(?:\\$|€)\\d',
])('%s never stands between the edges of words', (token) => expect(isDead(token)).toBe(true));

test.each([
  'he/she',
  "let's",
  'tl;dr',
  'Yahoo!?',
  '(?:C\\+\\+|Go)?lang',
  'a.',
  '\\w+%?',
  '[.]',
  '(?<=a)b',
  'pre-',
  "'s",
  '\\bno\\b',
  'a(?!\\.)',
  'e\\.g\\.?',
  '日本',
])('%s may', (token) => expect(isDead(token)).toBe(false));
