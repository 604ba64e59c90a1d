/** Findings of `mhub check` in the code scanning of a repository. */
import { gzipSync } from 'node:zlib';
import { Blocked, Usage } from '../../core/errors.ts';
import { loadSecrets } from '../env.ts';
import { openRepo } from '../git.ts';
import type { Environment } from '../run-git.ts';
import { ask, type Clocks, GITHUB_TOKEN, openGithub, Refused } from './client.ts';

/** refs/heads/main, or refs/pull/7/merge in a job for a pull request. */
function refOf(branch: string | null, { GITHUB_REF: ref }: Environment): string {
  if (ref !== undefined && /^refs\/(heads|tags|pull)\//.test(ref)) return ref;
  if (branch === null) throw new Usage('HEAD is detached and GITHUB_REF is not set: check out a branch');
  return `refs/heads/${branch}`;
}

/** @throws Blocked, Failed, Usage */
export async function uploadSarif(cwd: string, sarif: object, env: Environment, clocks: Clocks): Promise<void> {
  const repo = await openRepo(cwd, env);
  const secrets = await loadSecrets(repo.root, env, repo);
  secrets.protect([GITHUB_TOKEN]);
  const github = await openGithub(secrets, 'code scanning', clocks);
  const { octokit, owner, repo: name } = github;
  const { branch, commit } = await repo.head();
  const body = gzipSync(secrets.redact(JSON.stringify(sarif))).toString('base64');
  try {
    await ask(github, 'upload findings', 'write', () =>
      octokit.rest.codeScanning.uploadSarif({
        owner,
        repo: name,
        commit_sha: commit,
        ref: refOf(branch, env),
        sarif: body,
        tool_name: 'mhub',
      }),
    );
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const todo = 'give the token the permission "security-events: write", and switch code scanning on';
    throw new Blocked('code scanning', [], `GitHub refused (${error.status}, "${error.message}"): ${todo}`);
  }
}
