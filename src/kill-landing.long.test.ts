/** Real processes, killed for real between a commit and a branch that has moved. */
import { PAIRS, POINTS, testKills } from './testing/killing.ts';

testKills(POINTS.ofLanding, PAIRS[0]);
