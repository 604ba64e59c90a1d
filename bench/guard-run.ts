/**
 * One stage over a whole workspace in a process of its own, so that its memory is nobody else's. Prints how many assets
 * Guard judged, how long the stage took and the most memory that the process ever had, as JSON.
 *
 *   tsx bench/guard-run.ts <workspace> <now> <stage>
 */
import type { StageName } from '../src/generated/entities.ts';
import { type Examiner, openExaminer } from '../src/shell/observe/index.ts';
import { run } from '../src/shell/run.ts';

export interface GuardRun {
  readonly judged: number;
  readonly passed: number;
  readonly seconds: number;
  /** Most memory of the process as the system counts it: the heap with its garbage, and everything else. */
  readonly peakMiB: number;
}

const [cwd = '', now = '', stage = 'guard'] = process.argv.slice(2);
const world = openExaminer({ env: process.env });
let judged = 0;
/** Every asset is looked at once before it is judged: each is searched for secrets. */
const examiner: Examiner = {
  examine(question) {
    judged += 1;
    return world.examine(question);
  },
  close: () => world.close(),
};
const start = performance.now();
const { stages } = await run({
  cwd,
  now,
  stages: new Set([stage as StageName]),
  campaigns: [],
  dryRun: false,
  env: process.env,
  version: 'bench',
  examiner,
  onStage: () => undefined,
  onProgress: () => undefined,
});
const seconds = (performance.now() - start) / 1000;
const passed = stages.filter(({ title }) => /, (\d+) of \1 passed$/.test(title)).length;
const peakMiB = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ judged, passed, seconds, peakMiB } satisfies GuardRun));
