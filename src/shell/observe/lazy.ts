import type { Environment } from './chromium.ts';
import type { Examiner } from './index.ts';

/** Loads and opens an examiner with the first question: most runs have none. */
export function lazyExaminer(env: Environment): Examiner {
  let opened: Promise<Examiner> | undefined;
  const open = (): Promise<Examiner> => {
    opened ??= import('./index.ts').then(({ openExaminer }) => openExaminer({ env }));
    return opened;
  };
  return {
    examine: async (question) => (await open()).examine(question),
    close: async () => (await opened)?.close(),
  };
}
