/**
 * Alerts: exactly one open issue for each cause. They are found by listing, never by searching, which knows of a new one
 * only later; two runners that create one at once find both when they list again, and the younger one is closed.
 */
import type { Note } from '../../core/contracts.ts';
import { Blocked, Failed } from '../../core/errors.ts';
import { ALERT_LABEL, alertBody, alertTitle, type Marked, markedIn } from '../../core/github/alert.ts';
import type { Cause } from '../../core/github/causes.ts';
import { code } from '../../core/github/markdown.ts';
import { ask, type Github, Refused } from './client.ts';

/** GitHub takes 80 new things a minute; whatever is left is created by the next run. */
const MAX_NEW = 20;
const PAGE = 100;
const MAX_PAGES = 20;

interface Alert {
  readonly number: number;
  readonly id: number;
  readonly about: Marked;
  readonly title: string;
  readonly body: string;
  readonly isOpen: boolean;
  readonly isDuplicate: boolean;
}

export interface AlertsOptions {
  readonly causes: readonly Cause[];
  /** Whether the run has looked at everything, so that what it did not meet is over. */
  readonly isWhole: boolean;
  /** Campaigns that it could not look at all the same. */
  readonly unseen: readonly string[];
  readonly run: string;
  readonly redact: (text: string) => string;
}

async function listAlerts(github: Github): Promise<Alert[]> {
  const { octokit, owner, repo } = github;
  const alerts: Alert[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { data } = await ask(github, 'list alerts', 'read', () =>
      octokit.rest.issues.listForRepo({ owner, repo, labels: ALERT_LABEL, state: 'all', per_page: PAGE, page }),
    );
    for (const { number, id, title, body, state, state_reason: reason, pull_request: pull } of data) {
      const about = pull ? undefined : markedIn(body);
      if (about === undefined) continue;
      const isDuplicate = reason === 'duplicate';
      alerts.push({ number, id, about, title, body: body ?? '', isOpen: state === 'open', isDuplicate });
    }
    if (data.length < PAGE) break;
  }
  return alerts.sort((a, b) => a.number - b.number);
}

type Change = Parameters<Github['octokit']['rest']['issues']['update']>[0];

class Desk {
  private readonly github: Github;
  constructor(github: Github) {
    this.github = github;
  }

  async create(title: string, body: string): Promise<void> {
    const { octokit, owner, repo } = this.github;
    await ask(this.github, 'create an alert', 'write', () =>
      octokit.rest.issues.create({ owner, repo, title, body, labels: [ALERT_LABEL] }),
    );
  }

  async update({ number }: Alert, change: Omit<NonNullable<Change>, 'owner' | 'repo' | 'issue_number'>): Promise<void> {
    const { octokit, owner, repo } = this.github;
    await ask(this.github, `update alert #${number}`, 'write', () =>
      octokit.rest.issues.update({ ...change, owner, repo, issue_number: number }),
    );
  }

  async comment({ number }: Alert, body: string): Promise<void> {
    const { octokit, owner, repo } = this.github;
    await ask(this.github, `comment on alert #${number}`, 'write', () =>
      octokit.rest.issues.createComment({ owner, repo, issue_number: number, body }),
    );
  }
}

/** The oldest one is kept. */
const keeperOf = (alerts: readonly Alert[], cause: string): Alert | undefined =>
  alerts.find((one) => one.about.id === cause && !one.isDuplicate);

async function closeDuplicates(desk: Desk, alerts: readonly Alert[]): Promise<void> {
  for (const alert of alerts.filter(({ isOpen }) => isOpen)) {
    const keeper = keeperOf(alerts, alert.about.id);
    if (!keeper || keeper === alert) continue;
    await desk.update(alert, { state: 'closed', state_reason: 'duplicate', duplicate_issue_id: keeper.id });
  }
}

/** Issues tell what wants attention now, each cause once. */
export async function keepAlerts(
  github: Github,
  { causes, isWhole, unseen, run, redact }: AlertsOptions,
): Promise<void> {
  const desk = new Desk(github);
  const before = await listAlerts(github);
  let created = 0;
  for (const cause of causes) {
    const [title, body] = [redact(alertTitle(cause)), redact(alertBody(cause))];
    const keeper = keeperOf(before, cause.id);
    if (!keeper) {
      if (created < MAX_NEW) await desk.create(title, body);
      created += 1;
    } else if (!keeper.isOpen) {
      await desk.update(keeper, { title, body, state: 'open', state_reason: 'reopened' });
      await desk.comment(keeper, `It is back, in run ${code(run)}.`);
    } else if (keeper.title !== title || keeper.body !== body) {
      await desk.update(keeper, { title, body });
    }
  }
  await closeDuplicates(desk, created > 0 ? await listAlerts(github) : before);
  if (!isWhole) return;
  const standing = new Set(causes.map(({ id }) => id));
  for (const alert of before.filter(({ isOpen, about }) => isOpen && !standing.has(about.id))) {
    if (keeperOf(before, alert.about.id) !== alert || isHeld(alert, unseen)) continue;
    await desk.comment(alert, `Healed: run ${code(run)} has looked at everything, and does not meet it any more.`);
    await desk.update(alert, { state: 'closed', state_reason: 'completed' });
  }
}

/** Only a person closes what happened once; and nobody knows of a campaign that was left out. */
const isHeld = ({ about: { scope, endsByHand } }: Alert, unseen: readonly string[]): boolean =>
  endsByHand || unseen.includes(scope);

/** What a run is told when its alerts could not be kept: the run itself is unharmed. */
export function alertTrouble(error: unknown): Note {
  const scope = 'workspace';
  if (error instanceof Blocked) return { level: 'blocked', scope, message: `alerts: ${error.todo}` };
  if (error instanceof Refused) {
    const todo = 'give the token the permission "issues: write", and the repository issues';
    return {
      level: 'blocked',
      scope,
      message: `alerts: GitHub refused (${error.status}, "${error.message}"): ${todo}`,
    };
  }
  if (error instanceof Failed) return { level: 'failed', scope, message: `alerts: ${error.message}` };
  throw error;
}
