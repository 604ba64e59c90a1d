import type { Environment } from '../run-git.ts';

/** How often GitHub has started this run of the workflow, from 1; a run elsewhere is started once. */
export const startedOn = (env: Environment): number => Number(env['GITHUB_RUN_ATTEMPT'] ?? 1);
