/**
 * GitHub as far as mhub asks for it: a server on loopback with a memory, beside a bare repository that its merges go
 * into. Requests that GitHub's description does not allow are refused, and so are answers that it does not know.
 */
import { execFileSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { answerUnder, type Fault, type ServedCall, type ServedReply, serveCalls } from '../contract-server.ts';
import { leastOf, type Operation, operationAt } from './contract.ts';

export const OWNER = 'ada';
export const REPO = 'garden';
export const TOKEN = 'ghs_0123456789abcdef0123456789abcdef0123';

export interface Pull {
  readonly number: number;
  title: string;
  body: string;
  readonly head: string;
  readonly base: string;
  state: 'open' | 'closed';
  /** Null while it is not merged. */
  merge: string | null;
}

export interface Issue {
  readonly number: number;
  title: string;
  body: string;
  labels: string[];
  state: 'open' | 'closed';
  reason: 'completed' | 'not_planned' | 'duplicate' | 'reopened' | null;
  readonly comments: string[];
}

export interface Shown {
  readonly ref: string;
  readonly environment: string;
  readonly statuses: { readonly state: string; readonly url: string }[];
}

/** A refusal that does not come from what was asked, such as a limit. */
export interface Turned {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface GithubServer {
  readonly url: string;
  /** What GitHub Actions sets. */
  readonly env: Readonly<Record<string, string>>;
  readonly pulls: Pull[];
  readonly issues: Issue[];
  readonly shown: Shown[];
  /** SARIF by commit and ref. */
  readonly scanned: { readonly commit: string; readonly ref: string; readonly sarif: unknown }[];
  /** Ids of the operations that were asked for, in order. */
  readonly calls: string[];
  /** Why it merges nothing: GitHub's words for a rule of the branch. */
  rule: string | undefined;
  /** Answers without looking at what was asked, one call after the other. */
  readonly turned: Turned[];
  /** What happens to the next calls of an operation. */
  readonly faults: Map<string, Fault[]>;
  /** What others do right before a call of an operation is carried out. */
  readonly before: Map<string, () => void>;
  /** Repeats that GitHub is still finding out whether it can merge. */
  undecided: number;
  close(): Promise<void>;
}

class Refusal extends Error {
  readonly status: number;
  readonly details: readonly unknown[];
  constructor(status: number, message: string, details: readonly unknown[] = []) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

const invalid = (...messages: readonly string[]): Refusal =>
  new Refusal(
    422,
    'Validation Failed',
    messages.map((message) => ({ resource: 'PullRequest', code: 'custom', message })),
  );

type Body = Readonly<Record<string, unknown>>;

const WORDS = {
  '429': { message: 'slow down' },
  '500': { message: 'Server Error' },
  '502': { message: 'Bad Gateway' },
};

/**
 * @param bare  path of the repository that origin is
 * @param git   environment of the git processes
 */
export async function serveGithub(bare: string, git: Readonly<Record<string, string>>): Promise<GithubServer> {
  const run = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=GitHub', '-c', 'user.email=noreply@github.com', '-C', bare, ...args], {
      // Older than all that is merged, so that a history by date has its commits in order.
      env: { ...git, GIT_COMMITTER_DATE: '2026-01-05T09:00:00Z', GIT_AUTHOR_DATE: '2026-01-05T09:00:00Z' },
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  const tipOf = (branch: string): string | undefined => {
    const tip = run('for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`);
    return tip === '' ? undefined : tip;
  };
  const numbers = (): number => server.pulls.length + server.issues.length + 1;

  const pullAs = (schema: string, pull: Pull): unknown => {
    const least = leastOf(schema);
    const commit = (sha: string): object => ({ ...(least['head'] as object), sha });
    return {
      ...least,
      number: pull.number,
      title: pull.title,
      body: pull.body,
      state: pull.state,
      head: { ...commit(tipOf(pull.head) ?? ''), ref: pull.head, label: `${OWNER}:${pull.head}` },
      base: { ...(least['base'] as object), sha: tipOf(pull.base) ?? '', ref: pull.base },
      ...(schema === 'pull-request'
        ? { merged: pull.merge !== null, mergeable: server.undecided > 0 ? null : true, mergeable_state: 'clean' }
        : {}),
      merge_commit_sha: pull.merge,
    };
  };

  const issueAs = ({ number, title, body, labels, state, reason }: Issue): unknown => ({
    ...leastOf('issue'),
    id: 1000 + number,
    number,
    title,
    body,
    state,
    state_reason: reason,
    labels,
  });

  const found = <T extends { readonly number: number }>(all: readonly T[], number: string | undefined): T => {
    const one = all.find((candidate) => candidate.number === Number(number));
    if (!one) throw new Refusal(404, 'Not Found');
    return one;
  };

  function createPull({ title, head, base, body }: Body): unknown {
    const [from, to] = [String(head), String(base)];
    if (tipOf(from) === undefined || tipOf(to) === undefined) throw invalid('head or base is invalid');
    if (server.pulls.some((pull) => pull.state === 'open' && pull.head === from && pull.base === to)) {
      throw invalid(`A pull request already exists for ${OWNER}:${from}.`);
    }
    if (run('rev-list', '--count', `${to}..${from}`) === '0') throw invalid(`No commits between ${to} and ${from}`);
    const pull: Pull = {
      number: numbers(),
      title: String(title),
      body: String(body ?? ''),
      head: from,
      base: to,
      state: 'open',
      merge: null,
    };
    server.pulls.push(pull);
    return pullAs('pull-request', pull);
  }

  function merge(pull: Pull, { sha, merge_method: method }: Body): unknown {
    const [ours, theirs] = [tipOf(pull.base) ?? '', tipOf(pull.head) ?? ''];
    if (pull.state !== 'open') throw new Refusal(405, 'Pull Request is not mergeable');
    if (sha !== undefined && sha !== theirs) {
      throw new Refusal(409, 'Head branch was modified. Review and try the merge again.');
    }
    if (server.undecided > 0) {
      server.undecided -= 1;
      throw new Refusal(405, 'Pull Request is not mergeable');
    }
    if (server.rule !== undefined) throw new Refusal(405, server.rule);
    if (method !== undefined && method !== 'merge') throw new Refusal(405, 'This merge method is not allowed.');
    let tree: string;
    try {
      tree = run('merge-tree', '--write-tree', ours, theirs);
    } catch {
      throw new Refusal(405, 'Pull Request is not mergeable');
    }
    const message = `Merge pull request #${pull.number} from ${OWNER}/${pull.head}\n\n${pull.title}`;
    const commit = run('commit-tree', tree, '-p', ours, '-p', theirs, '-m', message);
    run('update-ref', `refs/heads/${pull.base}`, commit, ours);
    [pull.merge, pull.state] = [commit, 'closed'];
    return { sha: commit, merged: true, message: 'Pull Request successfully merged' };
  }

  function listIssues(query: URLSearchParams): unknown {
    const state = query.get('state') ?? 'open';
    const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '');
    const [size, page] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)];
    const fitting = server.issues
      .filter((issue) => state === 'all' || issue.state === state)
      .filter((issue) => labels.every((label) => issue.labels.includes(label)))
      .toReversed();
    return fitting.slice((page - 1) * size, page * size).map(issueAs);
  }

  function createIssue({ title, body, labels }: Body): unknown {
    const issue: Issue = {
      number: numbers(),
      title: String(title),
      body: String(body ?? ''),
      labels: (labels as string[] | undefined) ?? [],
      state: 'open',
      reason: null,
      comments: [],
    };
    server.issues.push(issue);
    return issueAs(issue);
  }

  function updateIssue(issue: Issue, { title, body, state, state_reason: reason }: Body): unknown {
    if (title !== undefined) issue.title = String(title);
    if (body !== undefined) issue.body = String(body);
    if (state !== undefined) issue.state = state as Issue['state'];
    if (state !== undefined) issue.reason = (reason as Issue['reason'] | undefined) ?? null;
    return issueAs(issue);
  }

  function createStatus(id: string | undefined, { state, environment_url: url = '' }: Body): unknown {
    const deployment = server.shown[Number(id) - 1];
    if (!deployment) throw new Refusal(404, 'Not Found');
    deployment.statuses.push({ state: String(state), url: String(url) });
    return { ...leastOf('deployment-status'), state };
  }

  /** Operation -> status and body. */
  const handlers: Readonly<
    Record<string, (operation: Operation, body: Body, query: URLSearchParams) => readonly [number, unknown]>
  > = {
    'pulls/list': (_operation, _body, query) => [
      200,
      server.pulls
        .filter(({ state }) => query.get('state') === 'all' || state === (query.get('state') ?? 'open'))
        .filter(({ head }) => [null, `${OWNER}:${head}`].includes(query.get('head')))
        .filter(({ base }) => [null, base].includes(query.get('base')))
        .map((pull) => pullAs('pull-request-simple', pull)),
    ],
    'pulls/create': (_operation, body) => [201, createPull(body)],
    'pulls/get': ({ parameters }) => [200, pullAs('pull-request', found(server.pulls, parameters['pull_number']))],
    'pulls/update': ({ parameters }, { title, body }) => {
      const pull = found(server.pulls, parameters['pull_number']);
      Object.assign(pull, { ...(title === undefined ? {} : { title }), ...(body === undefined ? {} : { body }) });
      return [200, pullAs('pull-request', pull)];
    },
    'pulls/merge': ({ parameters }, body) => [200, merge(found(server.pulls, parameters['pull_number']), body)],
    'issues/list-for-repo': (_operation, _body, query) => [200, listIssues(query)],
    'issues/create': (_operation, body) => [201, createIssue(body)],
    'issues/update': ({ parameters }, body) => [
      200,
      updateIssue(found(server.issues, parameters['issue_number']), body),
    ],
    'issues/create-comment': ({ parameters }, { body }) => {
      found(server.issues, parameters['issue_number']).comments.push(String(body));
      return [201, { ...leastOf('issue-comment'), body }];
    },
    'repos/create-deployment': (_operation, { ref, environment }) => {
      server.shown.push({ ref: String(ref), environment: String(environment), statuses: [] });
      return [201, { ...leastOf('deployment'), id: server.shown.length }];
    },
    'code-scanning/upload-sarif': (_operation, { commit_sha: commit, ref, sarif }) => {
      const text = gunzipSync(Buffer.from(String(sarif), 'base64')).toString();
      server.scanned.push({ commit: String(commit), ref: String(ref), sarif: JSON.parse(text) as unknown });
      return [202, { id: '47177e22-5596-11eb-80a1-c1e54ef945c6' }];
    },
    'repos/create-deployment-status': ({ parameters }, body) => [201, createStatus(parameters['deployment_id'], body)],
  };

  const refused = ({ status, message, details }: Refusal): ServedReply => ({
    status,
    body: { message, ...(details.length > 0 ? { errors: details } : {}), documentation_url: 'https://docs.github.com' },
  });

  function answer({ method, url, headers, body }: ServedCall, operation: Operation | undefined): ServedReply {
    if (!operation) throw new Error(`${method} ${url.pathname} is no call that GitHub describes`);
    const { owner, repo } = operation.parameters;
    try {
      if (!String(headers.authorization).endsWith(` ${TOKEN}`)) throw new Refusal(401, 'Bad credentials');
      if (owner !== OWNER || repo !== REPO) throw new Refusal(404, 'Not Found');
      const strange = [...url.searchParams.keys()].find((name) => !operation.knowsQuery(name));
      if (strange !== undefined) throw new Error(`${operation.id} has no parameter ${strange}`);
      const asked = body.length === 0 ? undefined : (JSON.parse(body.toString()) as Body);
      const wrong = operation.requestComplaint(asked ?? null);
      if (wrong !== '') throw invalid(wrong);
      const [status, said] = handlers[operation.id]?.(operation, asked ?? {}, url.searchParams) ?? [501, {}];
      operation.requireResponse(status, said);
      return { status, body: said };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const reply = refused(error);
      // What every call may be answered with is not described for each of them.
      if (error.status !== 401 && error.status !== 404) operation.requireResponse(reply.status, reply.body);
      return reply;
    }
  }

  const served = await serveCalls(async (call, response) => {
    const operation = operationAt(call.method, call.url.pathname);
    const id = operation?.id ?? '';
    server.calls.push(id);
    const turned = server.turned.shift();
    if (turned) {
      response.writeHead(turned.status, { 'content-type': 'application/json', ...turned.headers });
      response.end(JSON.stringify({ message: turned.message }));
      return;
    }
    const act = (): Promise<ServedReply> => {
      const others = server.before.get(id);
      server.before.delete(id);
      others?.();
      return Promise.resolve(answer(call, operation));
    };
    const fault = server.faults.get(id)?.shift();
    await answerUnder(fault, { words: WORDS, headers: {}, elsewhere: '' }, response, act);
  });

  const server: GithubServer = {
    url: served.url,
    env: {
      GITHUB_API_URL: served.url,
      GITHUB_SERVER_URL: 'https://github.example',
      GITHUB_REPOSITORY: `${OWNER}/${REPO}`,
      GITHUB_TOKEN: TOKEN,
    },
    pulls: [],
    issues: [],
    shown: [],
    scanned: [],
    calls: [],
    rule: undefined,
    turned: [],
    faults: new Map(),
    before: new Map(),
    undecided: 0,
    close: served.close,
  };
  return server;
}
