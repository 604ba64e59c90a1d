/** What `mhub simulate --help` says beyond its options. */
import { faults } from './faults.ts';

const width = Math.max(...Object.keys(faults).map((name) => name.length));

export const SIMULATE_HELP = `
It goes through the days to come on a throw-away clone of HEAD: the real loop, in virtual time, from one thing that
happens to the next. Nothing leaves the machine: channels that would are answered by simulated ones, visits are
simulated, too. After every step it is checked that nothing happened twice, no cap was passed, and everything is on
record. When that breaks, the scenario is shrunk, the clone is left, and the exit code is 3.

Without faults the workspace is played as it is: a calm preview of what goes out when. With faults it gets a second
campaign where there is only one, and addresses that are not reserved, and every channel but the site is simulated.

Faults, for --faults all or a list such as killed,double-cron:
${Object.entries(faults)
  .map(([name, about]) => `  ${name.padEnd(width)}  ${about}`)
  .join('\n')}

Examples:
  mhub simulate                            the next two weeks
  mhub simulate --days 30 --faults all --seed 7`;
