import { expect, test } from 'vitest';
import { closest, expectedOneOf } from './suggest.ts';

test('a dropped, doubled, wrong or swapped letter is forgiven', () => {
  const keys = ['segments', 'schedule', 'status'];
  expect(closest('segmnts', keys)).toBe('segments');
  expect(closest('segmentss', keys)).toBe('segments');
  expect(closest('shedule', keys)).toBe('schedule');
  expect(closest('sattus', keys)).toBe('status');
  expect(closest('Status', keys)).toBe('status');
});

test('what resembles nothing gets no suggestion', () => {
  expect(closest('budget', ['segments', 'schedule'])).toBeUndefined();
  expect(closest('b', ['a'])).toBeUndefined();
  expect(closest('', ['a'])).toBeUndefined();
});

test('the earlier of two equally close choices is suggested', () => {
  expect(closest('posts', ['post-a', 'post', 'posta'])).toBe('post');
  expect(closest('web', ['wet', 'wed'])).toBe('wet');
});

test('the wording names the likely choice, else all of them, else what is expected', () => {
  expect(expectedOneOf('sgnup', ['awareness', 'signup'], 'a goal')).toBe(', did you mean "signup"?');
  expect(expectedOneOf('money', ['awareness', 'signup'], 'a goal')).toBe(', expected one of awareness, signup');
  expect(expectedOneOf('money', ['signup'], 'a goal')).toBe(', expected signup');
  expect(expectedOneOf('money', [], 'no goal')).toBe(', expected no goal');
});
