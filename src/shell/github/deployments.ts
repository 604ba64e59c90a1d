/** Published pages as deployments, so that GitHub shows where they are. A convenience: nothing depends on it. */
import { Blocked, Failed } from '../../core/errors.ts';
import type { RunReport } from '../../core/report.ts';
import { isOnActions } from '../host.ts';
import type { Environment } from '../run-git.ts';
import { ask, type Clocks, openGithub, Refused, type Variables } from './client.ts';

const ENVIRONMENT = 'mhub';
const MAX_SHOWN = 10;

/** Of what has a place on the web, the address. */
export const shownPages = ({ published }: Pick<RunReport, 'published'>): string[] =>
  [...new Set(published.map(({ url }) => url).filter((url) => /^https?:\/\//.test(url)))].slice(0, MAX_SHOWN);

/** @returns  why it was given up; undefined when it is done, or nobody asked for it */
export async function showDeployments(
  report: RunReport,
  variables: Variables,
  env: Environment,
  clocks: Clocks,
): Promise<string | undefined> {
  const pages = shownPages(report);
  if (!isOnActions(env) || !variables.get('GITHUB_TOKEN') || pages.length === 0) return undefined;
  try {
    const github = await openGithub(variables, 'deployments', clocks);
    const { octokit, owner, repo } = github;
    for (const url of pages) {
      const { data } = await ask(github, 'create a deployment', 'write', () =>
        octokit.rest.repos.createDeployment({
          owner,
          repo,
          ref: report.head,
          environment: ENVIRONMENT,
          auto_merge: false,
          required_contexts: [],
        }),
      );
      if (!('id' in data)) return 'GitHub created none';
      await ask(github, 'tell where a deployment is', 'write', () =>
        octokit.rest.repos.createDeploymentStatus({
          owner,
          repo,
          deployment_id: data.id,
          state: 'success',
          environment_url: url,
          auto_inactive: false,
        }),
      );
    }
    return undefined;
  } catch (error) {
    if (error instanceof Blocked || error instanceof Refused || error instanceof Failed) return error.message;
    throw error;
  }
}
