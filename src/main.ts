/** Entry of the bundle: answers the calm case by itself, loads the command line for everything else. */
import manifest from '../package.json' with { type: 'json' };
import { clock } from './shell/host.ts';

const { name, version } = manifest;
const args = process.argv.slice(2);
/** The one reading of the clock. */
const started = clock();

async function isAnswered(): Promise<boolean> {
  if (args[0] !== 'run') return false;
  const { answerCalm } = await import('./shell/calm.ts');
  return answerCalm(args, started, version);
}

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${version}\n`);
} else if (!(await isAnswered())) {
  const { main } = await import('./cli.ts');
  await main(args, { name, version }, started);
}
