/** `mhub run` when there is nothing to do, without the command line and everything behind it. */
import { resolve } from 'node:path';
import type { Instant } from '../core/contracts.ts';
import { type RunReport, renderReport, showTime } from '../core/report.ts';
import { type Calm, nothingToDo } from './fast.ts';
import { terminal } from './host.ts';

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

/** @returns  whether it has answered; false when there may be something to do, or the command line asks for more */
export async function answerCalm(args: readonly string[], started: Instant, version: string): Promise<boolean> {
  const plain = plainRun(args);
  if (!plain) return false;
  const now = plain.now ?? started;
  const found = await nothingToDo(plain.root, now, version);
  if (found) calmReport(found, now, plain.json);
  return found !== undefined;
}

/** The report of a run that had nothing to do. */
function calmReport(calm: Calm, now: string, json: boolean): void {
  const report: RunReport = {
    run: '',
    now,
    timezone: calm.timezone,
    dryRun: false,
    base: calm.commit,
    head: calm.commit,
    branch: calm.branch,
    commits: 0,
    stages: [],
    published: [],
    upcoming: [],
    notes: [],
    problems: [],
    invalid: [],
    ran: true,
    uncommitted: calm.uncommitted,
    left: [],
    ...(calm.nextDue === null ? {} : { nextDue: calm.nextDue }),
    bugs: [],
  };
  const out = terminal(json, process.env);
  if (json) out.data({ ...report, exit_code: 0 });
  else out.say(renderReport(report, out.paint, (instant, zone) => calm.nextDueShown ?? showTime(instant, zone)));
}
