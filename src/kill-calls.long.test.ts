/** Real processes, killed for real before, during and after a call that a run can ask about, or never know about. */
import { PAIRS, POINTS, testKills } from './testing/killing.ts';

testKills(POINTS.ofCalls, PAIRS[0]);
