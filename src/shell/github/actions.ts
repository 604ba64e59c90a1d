/** What a run leaves on GitHub Actions beside its exit code. */
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { outputOf } from '../../core/github/commands.ts';
import { runAnnotations, runSummary } from '../../core/github/summary.ts';
import type { RunReport } from '../../core/report.ts';
import { isOnActions } from '../host.ts';
import type { Environment } from '../run-git.ts';

/** Writes summary and outputs. @returns lines that GitHub makes annotations of */
export function tellActions(report: RunReport, exitCode: number, env: Environment): string[] {
  if (!isOnActions(env)) return [];
  const { GITHUB_STEP_SUMMARY: summary } = env;
  if (summary) appendFileSync(summary, runSummary(report));
  giveOutputs({ commits: report.commits, published: report.published.length, exit_code: exitCode }, env);
  return runAnnotations(report);
}

/** Outputs of the step that this process is. */
export function giveOutputs(values: Readonly<Record<string, string | number>>, env: Environment): void {
  const { GITHUB_OUTPUT: output } = env;
  if (!isOnActions(env) || !output) return;
  const lines = Object.entries(values).map(([name, value]) => outputOf(name, String(value), randomUUID()));
  appendFileSync(output, lines.join(''));
}
