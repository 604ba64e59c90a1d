/** Does at most so many things at once, in the order they came. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

export function limiter(atOnce: number): Limit {
  const queue: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((resolve) => queue.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // Whoever waits longest takes over the place.
      const next = queue.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
