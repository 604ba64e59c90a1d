/** Real processes, killed for real at every step of a run that has no file of its own: see kill-*.long.test.ts. */
import { PAIRS, POINTS, testKills } from './testing/killing.ts';

testKills(POINTS.others, PAIRS[0]);
