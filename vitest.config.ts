import { configDefaults, defineConfig } from 'vitest/config';

/** Suites that kill, race and starve real processes: npm run test:long. */
const LONG = 'src/**/*.long.test.ts';
const long = process.env['MHUB_LONG_TESTS'] !== undefined;
/** Suites against servers that are installed for them: npm run test:servers. */
const servers = process.env['MHUB_SERVER_TESTS'] !== undefined;

export default defineConfig({
  test: {
    include: servers ? ['test-servers/*.test.ts'] : long ? [LONG] : ['src/**/*.test.ts'],
    exclude: long ? configDefaults.exclude : [...configDefaults.exclude, LONG],
    // Whole runs of the loop wait for git more than they compute.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
