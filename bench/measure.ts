/** Interleaved measurements: every round runs every case once, so that a busy moment of the machine hits all alike. */

export interface Case {
  readonly name: string;
  /** Untimed, before each run. */
  readonly prepare?: () => void | Promise<void>;
  readonly run: () => unknown;
}

export interface Row {
  readonly name: string;
  /** Of the case over the first case, round by round: their median. */
  readonly ratio: number;
  /** Fastest run of the case over the fastest run of the first case. */
  readonly bestRatio: number;
  readonly medianMs: number;
  readonly bestMs: number;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]];
  return (low + high) / 2;
};

export async function timed(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/**
 * @param warmUps  rounds that do not count: they warm up file caches and compilers
 * @returns        a row per case; the first one is what the others are compared with
 */
export async function compare(cases: readonly Case[], rounds: number, warmUps = 1): Promise<Row[]> {
  const times = cases.map((): number[] => []);
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const [index, { prepare, run }] of cases.entries()) {
      await prepare?.();
      const milliseconds = await timed(run);
      if (round >= 0) times[index]?.push(milliseconds);
    }
  }
  const [base = []] = times;
  return cases.map(({ name }, index) => {
    const own = times[index] ?? [];
    return {
      name,
      ratio: median(own.map((milliseconds, round) => milliseconds / (base[round] ?? Number.NaN))),
      bestRatio: Math.min(...own) / Math.min(...base),
      medianMs: median(own),
      bestMs: Math.min(...own),
    };
  });
}

const cells = (values: readonly string[]): string => `| ${values.join(' | ')} |`;

export function table(title: string, rounds: number, rows: readonly Row[]): string {
  const head = [title, `ratio, median of ${rounds}`, 'ratio of the fastest', 'median ms', 'fastest ms'];
  const body = rows.map(({ name, ratio, bestRatio, medianMs, bestMs }) => [
    name,
    `${ratio.toFixed(2)}x`,
    `${bestRatio.toFixed(2)}x`,
    medianMs.toFixed(1),
    bestMs.toFixed(1),
  ]);
  return [cells(head), cells(['---', '---:', '---:', '---:', '---:']), ...body.map(cells)].join('\n');
}
