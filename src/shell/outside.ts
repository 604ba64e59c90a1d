/** What adapters are given of the machine beyond files and HTTP. */
import { Resolver } from 'node:dns/promises';
import type { Io } from '../core/contracts.ts';
import { Failed } from '../core/errors.ts';

/** Keeps what was made first under each name; what failed is made again. */
export function onceEach(): Io['once'] {
  const made = new Map<string, Promise<unknown>>();
  return <T>(name: string, make: () => Promise<T>): Promise<T> => {
    const before = made.get(name) as Promise<T> | undefined;
    if (before) return before;
    const value = make();
    made.set(name, value);
    value.catch(() => made.delete(name));
    return value;
  };
}

const NO_RECORDS = new Set(['ENOTFOUND', 'ENODATA']);
const ANSWER_MS = 3_000;

/** Asks the resolvers of the machine. */
export const txtRecords: Io['txtRecords'] = async (name) => {
  const resolver = new Resolver({ timeout: ANSWER_MS, tries: 2 });
  try {
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(''));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (NO_RECORDS.has(code)) return [];
    throw new Failed(`no resolver answers for ${name} (${code})`, { mayHaveHappened: false });
  }
};
