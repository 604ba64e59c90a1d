/** Entry of the bundle: answers the calm case by itself, loads the command line for everything else. */
import { resolve } from 'node:path';
import manifest from '../package.json' with { type: 'json' };
import { clock } from './shell/host.ts';

const { name, version } = manifest;

interface PlainRun {
  readonly root: string;
  readonly now: string | undefined;
  readonly json: boolean;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** `mhub run` with nothing but --json, --cwd and --now; undefined for every other command line. */
function plainRun([command, ...rest]: readonly string[]): PlainRun | undefined {
  if (command !== 'run') return undefined;
  let [root, now, json]: [string, string | undefined, boolean] = [process.cwd(), undefined, false];
  for (let index = 0; index < rest.length; index += 1) {
    const value = rest[index + 1];
    if (rest[index] === '--json') json = true;
    else if (rest[index] === '--cwd' && value !== undefined) {
      root = resolve(value);
      index += 1;
    } else if (rest[index] === '--now' && value !== undefined && INSTANT.test(value)) {
      now = value;
      index += 1;
    } else return undefined;
  }
  return { root, now, json };
}

async function calm(args: readonly string[]): Promise<boolean> {
  const plain = plainRun(args);
  if (!plain) return false;
  const { nothingToDo } = await import('./shell/fast.ts');
  const now = plain.now ?? clock();
  const found = await nothingToDo(plain.root, now, version);
  if (!found) return false;
  const { calmReport } = await import('./shell/calm.ts');
  calmReport(found, now, plain.json);
  return true;
}

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${version}\n`);
} else if (!(await calm(args))) {
  const { main } = await import('./cli.ts');
  await main(args, { name, version });
}
