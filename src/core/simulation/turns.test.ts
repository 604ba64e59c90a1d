import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('tasks take turns by the length of their sleeps, and time jumps', async () => {
  const turns = new Turns(0);
  const log: string[] = [];
  const napping = (name: string, naps: readonly number[]) => async () => {
    for (const nap of naps) {
      await turns.sleep(nap);
      log.push(`${name} ${turns.now}`);
    }
  };
  await turns.together({
    a: { delay: 0, work: napping('a', [10, 10]) },
    b: { delay: 5, work: napping('b', [1, 100]) },
  });
  expect(log).toEqual(['b 6', 'a 10', 'a 20', 'b 106']);
});
