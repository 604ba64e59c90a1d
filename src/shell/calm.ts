import { type RunReport, renderReport } from '../core/report.ts';
import type { Calm } from './fast.ts';
import { terminal } from './host.ts';

/** The report of a run that had nothing to do. */
export function calmReport(calm: Calm, now: string, json: boolean): void {
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
  else out.say(renderReport(report, out.paint));
}
