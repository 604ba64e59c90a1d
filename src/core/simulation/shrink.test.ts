import { expect, test } from 'vitest';
import { shrinkList } from './shrink.ts';

test('shrinking leaves only what it takes to break', async () => {
  const asked: number[] = [];
  const needed = (items: readonly number[]): Promise<boolean> => {
    asked.push(items.length);
    return Promise.resolve(items.includes(7) && items.includes(23));
  };
  const items = Array.from({ length: 40 }, (_, index) => index);
  expect(await shrinkList(items, needed, 60)).toEqual([7, 23]);
  expect(asked.length).toBeLessThanOrEqual(60);
});
