/** Makes a scenario that breaks smaller, for as long as it still breaks. */

/**
 * Leaves out ever smaller stretches of a list while what is left still breaks.
 *
 * @param breaks  whether a list breaks; asked at most `tries` times
 */
export async function shrinkList<T>(
  items: readonly T[],
  breaks: (items: readonly T[]) => Promise<boolean>,
  tries: number,
): Promise<readonly T[]> {
  let kept = items;
  let left = tries;
  for (
    let size = Math.ceil(items.length / 2);
    size >= 1 && kept.length > 0;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let start = 0; start < kept.length && left > 0; ) {
      const without = [...kept.slice(0, start), ...kept.slice(start + size)];
      left -= 1;
      if (await breaks(without)) kept = without;
      else start += size;
    }
  }
  return kept;
}
