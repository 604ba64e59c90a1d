import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Suites that kill, race and starve real processes: npm run test:long. */
const LONG = 'src/**/*.long.test.ts';
const long = process.env['MHUB_LONG_TESTS'] !== undefined;
/** Suites against servers that are installed for them: npm run test:servers. */
const servers = process.env['MHUB_SERVER_TESTS'] !== undefined;

/** What takes longest, by name: begun last, one of them would keep a worker busy while the other has nothing to do. */
const LONGEST = [
  'testing/scenarios',
  'kill',
  'shell/verify',
  'simulate-seeds',
  'simulate',
  'race',
  'mailing',
  'testing/run',
  'letter.long',
  'mailing.long',
  'testing/workflow-runs.long',
  'pull-request.long',
  'shards-kill.long',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = LONGEST.findIndex((name) => moduleId.endsWith(`/src/${name}.test.ts`));
      return found < 0 ? LONGEST.length : found;
    };
    return [...(await super.sort(files))].sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    include: servers ? ['test-servers/*.test.ts'] : long ? [LONG] : ['src/**/*.test.ts'],
    exclude: long ? configDefaults.exclude : [...configDefaults.exclude, LONG],
    // Dozens of processes on two cores: what was only too slow gets a second chance, which the report shows.
    retry: long ? 1 : 0,
    // Whole runs of the loop wait for git more than they compute.
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
