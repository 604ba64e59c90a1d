/** What GitHub is told when a run has ended: alerts, and where pages are. Whatever goes wrong here harms no run. */
import type { Note } from '../../core/contracts.ts';
import { causesOf, lastingNotes } from '../../core/github/causes.ts';
import { needsAttention, type RunReport } from '../../core/report.ts';
import type { Workspace } from '../../generated/entities.ts';
import type { Secrets } from '../env.ts';
import type { OpenWorkspace } from '../open.ts';
import type { Environment } from '../run-git.ts';
import { alertTrouble, keepAlerts } from './alerts.ts';
import { type Clocks, GITHUB_TOKEN, openGithub } from './client.ts';
import { showDeployments } from './deployments.ts';

export interface After {
  readonly report: RunReport;
  readonly settings: Pick<Workspace, 'alerts' | 'delivery'>;
  /** As the run leaves it. */
  readonly reopen: () => Promise<OpenWorkspace>;
  readonly secrets: Secrets;
  readonly env: Environment;
  readonly clocks: Clocks;
  /** Whether the run has looked at everything. */
  readonly isWhole: boolean;
}

async function alert({ report, reopen, secrets, clocks, isWhole }: After): Promise<Note[]> {
  try {
    const github = await openGithub(secrets, 'alerts', clocks);
    const workspace = await reopen();
    const [any] = workspace.units;
    const lasting = any ? lastingNotes(await workspace.hub(any), report.now) : [];
    await keepAlerts(github, {
      causes: causesOf([...report.notes.filter(needsAttention), ...lasting]),
      isWhole,
      unseen: report.invalid,
      run: report.run,
      redact: secrets.redact,
    });
    return [];
  } catch (error) {
    return [alertTrouble(error)];
  }
}

/** @returns  what there is to say about it */
export async function tellGithub(after: After): Promise<Note[]> {
  const { report, settings, secrets, env, clocks } = after;
  secrets.protect([GITHUB_TOKEN]);
  const notes = settings.alerts === 'github' ? await alert(after) : [];
  if (settings.delivery === 'local') return notes;
  const trouble = await showDeployments(report, secrets, env, clocks);
  if (trouble !== undefined) {
    notes.push({ level: 'info', scope: 'workspace', message: `deployments are not shown: ${trouble}` });
  }
  return notes.map((note) => ({ ...note, message: secrets.redact(note.message) }));
}
