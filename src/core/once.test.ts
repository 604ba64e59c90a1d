import { expect, test } from 'vitest';
import { latest, once } from './once.ts';

test('each object is worked on once, also when nothing comes of it', () => {
  const asked: string[] = [];
  const find = once(({ name }: { name: string }): string | undefined => {
    asked.push(name);
    return name === 'a' ? 'A' : undefined;
  });
  const [a, b] = [{ name: 'a' }, { name: 'b' }];
  expect([find(a), find(b), find(a), find(b)]).toEqual(['A', undefined, 'A', undefined]);
  expect(asked).toEqual(['a', 'b']);
  expect(find({ name: 'a' })).toBe('A');
  expect(asked).toHaveLength(3);
});

test('only the last answer is kept', () => {
  const asked: string[] = [];
  const upper = latest((word: string) => {
    asked.push(word);
    return word.toUpperCase();
  });
  expect(['a', 'a', 'b', 'b', 'a'].map(upper)).toEqual(['A', 'A', 'B', 'B', 'A']);
  expect(asked).toEqual(['a', 'b', 'a']);
});
