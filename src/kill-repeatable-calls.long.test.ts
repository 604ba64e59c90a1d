/** Real processes, killed for real before, during and after a call that may be made again. */
import { PAIRS, POINTS, testKills } from './testing/killing.ts';

testKills(POINTS.ofCalls, PAIRS[1]);
