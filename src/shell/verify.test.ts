import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AuditRule } from '../core/audit/rules.ts';
import { stringifyDocument } from '../core/documents.ts';
import { jsonLines, ledgerFile, ledgerPath, openPath, receiptOf } from '../core/ledger.ts';
import { recordsPath } from '../core/mailing/records.ts';
import type { Deployment, Halt, Intent, Receipt, RecipientBatch } from '../generated/entities.ts';
import {
  type Forged,
  forge,
  intentLike,
  ledgerFilesIn,
  openFiles,
  receiptsIn,
  settledFiles,
} from '../testing/forge.ts';
import { mhub } from '../testing/mhub.ts';
import { baseWorkspace, FIRST_RUN } from '../testing/play.ts';
import { type TempRepo, tempRepo } from '../testing/repo.ts';
import { verifyHistory } from './verify.ts';

const SECOND_RUN = '2026-11-25T12:00:00Z';
/** A day on which nothing else happened. */
const LATER = '2026-12-03T10:00:00Z';

let repo: TempRepo;
let clean = '';
let first: Receipt;

beforeAll(async () => {
  repo = await tempRepo(baseWorkspace());
  for (const now of [FIRST_RUN, SECOND_RUN]) {
    const { exit, output } = await mhub(['run', '--cwd', repo.root], { now, env: repo.env });
    expect(exit, output).toBe(0);
  }
  clean = repo.git('rev-parse', 'HEAD').trim();
});
afterAll(() => repo.remove());

const post = (): Receipt => {
  const found = receiptsIn(repo).find(({ channel }) => channel === 'feed');
  if (!found) throw new Error('no post was published');
  return found;
};

beforeEach(() => {
  repo.git('reset', '-q', '--hard', clean);
  repo.git('clean', '-fdq');
  first = post();
});

const rulesOf = async (): Promise<AuditRule[]> => (await verifyHistory(repo.root)).findings.map(({ rule }) => rule);
const head = (): string => repo.git('rev-parse', 'HEAD').trim();
const publish = (files: Forged['files'], at = LATER): Promise<string> => forge(repo, { stage: 'publish', at, files });
const edit = (path: string, change: (text: string) => string): void => repo.write(path, change(repo.read(path)));

const intent = (changes: Partial<Intent> = {}): Intent =>
  intentLike(first, { slot: '2026-12-03T09:30[Europe/Berlin]', at: LATER, run: 'forged', ...changes });

/** Intents in a commit, their receipts in the next. */
async function publishAll(intents: readonly Intent[], changes: Parameters<typeof settledFiles>[2] = {}): Promise<void> {
  const base = head();
  await publish(openFiles(intents));
  await publish(settledFiles(base, intents, changes));
}

const inSlots = (count: number, run = 'forged'): Intent[] =>
  Array.from({ length: count }, (_, index) => intent({ slot: `2026-12-03T1${index}:00[Europe/Berlin]`, run }));

/** Files of a commit that says no more than that something was taken down. */
const withdrawnFiles = (sent: Receipt | Intent, run = 'forged'): Record<string, string | null> => {
  const receipt = { ...receiptOf(sent, run, LATER), status: 'withdrawn' as const, because: 'it no longer holds' };
  const url = 'url' in sent && sent.url !== undefined ? { url: sent.url } : {};
  return { [ledgerPath(run, LATER)]: ledgerFile(head(), [], [{ ...receipt, ...url }]) };
};

const twoLines = (): string => {
  const file = ledgerFilesIn(repo).find((path) => repo.read(path).trimEnd().includes('\n'));
  if (!file) throw new Error('no ledger file has two lines');
  return file;
};

const verdictFile = (): string => `hub/campaigns/spring/verdicts/${first.asset}.yaml`;
const policyFile = (): string => repo.git('ls-files', 'hub/policies').trim();
const guard = (files: Forged['files']): Promise<string> => forge(repo, { stage: 'guard', at: LATER, files });

const halt: Halt = {
  campaign: 'spring',
  channel: 'feed',
  breaker: 'max_guard_failures_before_halt',
  why: 'Three drafts were denied.',
  evidence: [],
  at: LATER,
  resolved: false,
};

const deployment: Deployment = {
  target: 'branch gh-pages',
  folder: 'site',
  digest: 'ab'.repeat(32),
  files: 9,
  run: 'forged',
  at: LATER,
};

const claimsOf = (batch: string, key = 'ab'.repeat(32)): string => recordsPath(key, batch);

/** What became of one person, line by line. */
const personLines = (...states: RecipientBatch['state'][]): string =>
  jsonLines(
    states.map((state) => ({ state, run: 'forged', at: LATER, secret: '0'.repeat(16), recipients: ['a'.repeat(22)] })),
  );

/** One way to break each rule, and nothing but that rule. */
const breaking: Readonly<Record<AuditRule, () => unknown>> = {
  'ledger/deleted': () => publish({ [twoLines()]: null }),
  'ledger/shortened': () => publish({ [twoLines()]: repo.read(twoLines()).replace(/[^\n]*\n$/, '') }),
  'ledger/reordered': () => {
    const [one = '', two = '', ...rest] = repo.read(twoLines()).split('\n');
    return publish({ [twoLines()]: [two, one, ...rest].join('\n') });
  },
  'ledger/edited': () =>
    publish({ [twoLines()]: repo.read(twoLines()).replace('"status":"sent"', '"status":"released"') }),
  'ledger/chain': async () => {
    const intents = inSlots(2);
    const base = head();
    await publish(openFiles(intents));
    const files = settledFiles(base, intents, { status: 'released' });
    const path = ledgerPath('forged', LATER);
    const [one = '', two = ''] = (files[path] ?? '').split('\n');
    const broken = two.replace(/"prev":"[0-9a-f]+"/, `"prev":"${'a'.repeat(64)}"`);
    await publish({ ...files, [path]: `${one}\n${broken}\n` });
  },
  'ledger/base': async () => {
    const intents = [intent()];
    await publish(openFiles(intents));
    await publish(settledFiles('b'.repeat(40), intents));
  },
  'ledger/future': () => publishAll([intent()], { at: '2026-12-03T10:00:01Z' }),
  'ledger/backdated': () => publishAll([intent({ at: FIRST_RUN })], { at: '2026-11-25T11:00:00Z' }),
  'ledger/unreadable': () => {
    const file = ledgerFilesIn(repo).at(-1) ?? '';
    return publish({ [file]: `${repo.read(file)}{"schema_version":2,"key":"${first.key}"}\n` });
  },
  'intents/unreadable': () => publish({ [openPath('forged')]: '{"key":\n' }),
  'intents/missing': () => publish(settledFiles(head(), [intent()])),
  'intents/not-ahead': () => publish({ ...settledFiles(head(), [intent()]), ...openFiles([intent()]) }),
  'intents/vanished': async () => {
    await publish(openFiles([intent()]));
    await publish({ [openPath('forged')]: null });
  },
  'intents/kept': async () => {
    const base = head();
    await publish(openFiles([intent()]));
    const { [openPath('forged')]: _gone, ...ledger } = settledFiles(base, [intent()]);
    await publish(ledger);
  },
  'intents/two-open': () => publish({ ...openFiles([intent()]), ...openFiles([intent({ run: 'twin', attempt: 2 })]) }),
  'intents/after-sent': () => publish(openFiles([intent({ slot: first.slot, attempt: 2 })])),
  'keys/twice': () => publish(settledFiles(head(), [intent({ slot: first.slot, attempt: 2 })])),
  'keys/wrong': () => publishAll([intent({ key: 'c'.repeat(64) })]),
  'verdict/missing': async () => {
    await guard({ [verdictFile()]: null });
    await publishAll([intent()]);
  },
  'verdict/not-passed': async () => {
    await guard({ [verdictFile()]: repo.read(verdictFile()).replace('result: pass', 'result: deny') });
    await publishAll([intent()]);
  },
  'verdict/other-content': async () => {
    const verdict = repo.read(verdictFile()).replace(/^content: .*$/m, `content: ${'d'.repeat(64)}`);
    await guard({ [verdictFile()]: verdict });
    await publishAll([intent()]);
  },
  'verdict/asset-changed': async () => {
    const file = `hub/campaigns/spring/assets/${first.asset}/post.txt`;
    await forge(repo, { stage: 'make', at: LATER, files: { [file]: `${repo.read(file)}!` } });
    await publishAll([intent()]);
  },
  'verdict/policy-missing': async () => {
    await guard({ [policyFile()]: null });
    await publishAll([intent()]);
  },
  'verdict/policy-changed': async () => {
    await guard({ [policyFile()]: repo.read(policyFile()).replace('severity: block', 'severity: warn') });
    await publishAll([intent()]);
  },
  'caps/exceeded': () => publishAll(inSlots(3)),
  'caps/spacing': async () => {
    edit('brands/tidewell/channels/feed.yaml', (text) => text.replace('{ max', '{ min_spacing_minutes: 60, max'));
    repo.commit('keep a distance');
    await publishAll([intent({ slot: '2026-12-03T10:00[Europe/Berlin]' })]);
    const at = '2026-12-03T10:59:00Z';
    const near = intent({ slot: '2026-12-03T11:00[Europe/Berlin]', run: 'near', at });
    const base = head();
    await publish(openFiles([near]), at);
    await publish(settledFiles(base, [near]), at);
  },
  'caps/disabled': async () => {
    edit('mhub.yaml', (text) => text.replace('publish_enabled: true', 'publish_enabled: false'));
    repo.commit('stop everything');
    await publishAll([intent()]);
  },
  'caps/halt-until': async () => {
    edit('campaigns/spring/campaign.yaml', (text) => `${text}breakers: { halt_until: '2026-12-24T00:00:00Z' }\n`);
    repo.commit('wait for Christmas');
    await publishAll([intent()]);
  },
  'caps/halted': async () => {
    await guard({ 'hub/halts/spring-feed.yaml': stringifyDocument(halt) });
    await publishAll([intent()]);
  },
  'caps/unknown': async () => {
    repo.write('brands/tidewell/channels/feed.yaml', 'adapter: [feed\n');
    repo.commit('a typo');
    await publishAll([intent()]);
  },
  'authorship/not-engine': () => {
    repo.write('hub/outbox/hello.eml', 'Subject: by hand\n');
    repo.commit('send an email by hand');
  },
  'authorship/halt': async () => {
    await guard({ 'hub/halts/spring-feed.yaml': stringifyDocument(halt) });
    edit('hub/halts/spring-feed.yaml', (text) => text.replace('Three drafts', 'No drafts'));
    repo.commit('tidy up');
  },
  'authorship/trailers': () =>
    forge(repo, { stage: 'publish', at: LATER, files: { 'hub/outbox/a.eml': 'a' }, trailers: {} }),
  'authorship/outside-job': () =>
    publish({
      'brands/tidewell/channels/feed.yaml': repo.read('brands/tidewell/channels/feed.yaml').replace('2', '20'),
    }),
  'authorship/merge': async () => {
    repo.git('checkout', '-q', '-b', 'side');
    await publish({ 'hub/outbox/side.eml': 'from the side' });
    repo.git('checkout', '-q', 'main');
    repo.write('docs/later.md', 'Somebody was faster.\n');
    repo.commit('a note');
    repo.git('merge', '-q', '--no-ff', '-m', 'merge', 'side');
    repo.git('branch', '-q', '-D', 'side');
  },
  'site/page-missing': () => publish({ 'site/spring/index.html': null }),
  'site/page-differs': () =>
    publish({ 'site/spring/index.html': repo.read('site/spring/index.html').replace('</html>', ' </html>') }),
  'site/cta': () =>
    publish({ 'site/extra.html': '<a href="/" data-cta-id="home">Home</a>\n<a href="/spring/">Spring</a>\n' }),
  'withdrawn/unsent': () => publish(withdrawnFiles(intent())),
  // The post stays in both feeds, so each of them is named.
  'withdrawn/remains': () => publish(withdrawnFiles(first)),
  'recipients/unreadable': () => publish({ [claimsOf('one-1')]: '{"state":"claimed"}\n' }),
  'recipients/claimed-twice': async () => {
    await publish({ [claimsOf('one-1')]: personLines('claimed') });
    await publish({ [claimsOf('two-1')]: personLines('claimed') });
  },
  'recipients/sent-twice': async () => {
    await publish({ [claimsOf('one-1')]: personLines('claimed', 'released') });
    await publish({ [claimsOf('two-1')]: personLines('claimed', 'sent') });
    await publish({ [claimsOf('one-1')]: personLines('claimed', 'released', 'sent') });
  },
  'recipients/unclaimed': () => publish({ [claimsOf('one-1')]: personLines('sent') }),
  'recipients/miscounted': async () => {
    const later = intent();
    await publish({ ...openFiles([later]), [claimsOf('one-1', later.key)]: personLines('claimed', 'sent') });
    const recipients = { sent: 2, in_doubt: 0, refused: 0, unsubscribed: 0, without_consent: 0 };
    await publish(settledFiles(head(), [later], { recipients }));
  },
  'deployments/differs': () =>
    forge(repo, {
      stage: 'publish',
      at: LATER,
      files: { 'hub/brands/tidewell/deployments/web.yaml': stringifyDocument(deployment) },
      trailers: { Run: 'forged', Stage: 'publish', Brand: 'tidewell' },
    }),
  'hub/invalid': () => guard({ 'hub/halts/odd.yaml': stringifyDocument({ ...halt, resolved: true, mood: 'odd' }) }),
};

test('a history of real runs is clean, and it is told what was gone through', async () => {
  const { findings, checked, commit } = await verifyHistory(repo.root);
  expect(findings).toEqual([]);
  expect(commit).toBe(clean);
  const commits = Number(repo.git('rev-list', '--count', 'HEAD'));
  const receipts = receiptsIn(repo).length;
  expect(checked).toMatchObject({
    commits,
    engine_commits: commits - 1,
    ledger_files: 2,
    receipts,
    sent: receipts,
    intents: receipts,
    pages: 2,
  });
  expect(checked.elements).toBeGreaterThan(10);
  expect(checked.documents).toBeGreaterThan(10);
});

test.each(Object.entries(breaking))('%s is found, and nothing else', async (rule, breakIt) => {
  await breakIt();
  expect([...new Set(await rulesOf())]).toEqual([rule]);
});

test('a page that was taken down is found where it stands and where it is listed, and taking down twice is found', async () => {
  const page = receiptsIn(repo).find(({ asset }) => asset === 'landing-page-a');
  if (!page) throw new Error('no page was published');
  await publish(withdrawnFiles(page));
  const found = async () => (await verifyHistory(repo.root)).findings.map(({ rule, file }) => `${rule} ${file}`);
  expect(await found()).toEqual(['withdrawn/remains site/spring/index.html', 'withdrawn/remains site/sitemap.xml']);
  const sitemap = repo.read('site/sitemap.xml').replace(/ {2}<url>.*\n/, '');
  await publish({ 'site/spring/index.html': '<p>Not available.</p>', 'site/sitemap.xml': sitemap });
  expect(await found()).toEqual([]);
  await publish(withdrawnFiles({ ...page, run: 'again' }, 'again'));
  expect(await found()).toEqual([`withdrawn/unsent ${ledgerPath('again', LATER)}`]);
});

test('a finding says where, what is wrong and what was expected', async () => {
  const file = twoLines();
  const commit = await publish({ [file]: repo.read(file).replace('"attempt":1', '"attempt":2') });
  expect((await verifyHistory(repo.root)).findings).toEqual([
    {
      rule: 'ledger/edited',
      commit,
      file,
      line: 1,
      wrong: 'line 1 is not what it was when it was filed',
      expected: 'a line of the ledger never changes',
    },
  ]);
});

test('a rewritten history is seen from the commits that the ledger names', async () => {
  repo.git('filter-branch', '-f', '--msg-filter', 'sed s/first/FIRST/', 'HEAD');
  repo.git('update-ref', '-d', 'refs/original/refs/heads/main');
  expect(await rulesOf()).toEqual(['ledger/base', 'ledger/base']);
});

test('an amended commit of the engine is seen', async () => {
  await publish({ 'hub/outbox/a.eml': 'a' });
  repo.git('commit', '-q', '--amend', '-m', 'nothing to see here');
  expect(await rulesOf()).toEqual(['authorship/not-engine']);
});

test('a cap is kept to the last publication, on every level and by the day of its zone', async () => {
  await publishAll(inSlots(2));
  expect(await rulesOf()).toEqual([]);
  edit('mhub.yaml', (text) => text.replace('publish_enabled', 'max_publishes_per_day: 3\n  publish_enabled'));
  edit('campaigns/spring/campaign.yaml', (text) => `${text}breakers: { max_publishes_per_day: 2 }\n`);
  repo.commit('lower caps');
  const at = '2026-12-03T22:59:59Z';
  const lastOfTheDay = intent({ slot: '2026-12-03T23:59[Europe/Berlin]', run: 'late', at });
  const firstOfTheNext = {
    ...intent({ slot: '2026-12-04T00:00[Europe/Berlin]', run: 'next', at: '2026-12-03T23:00:00Z' }),
  };
  for (const one of [lastOfTheDay, firstOfTheNext]) {
    const base = head();
    await publish(openFiles([one]), one.at);
    await publish(settledFiles(base, [one]), one.at);
  }
  const { findings } = await verifyHistory(repo.root);
  expect(findings.map(({ rule, wrong }) => `${rule} ${wrong.slice(wrong.indexOf(':') + 2)}`)).toEqual([
    'caps/exceeded channel feed: number 3 on 2026-12-03 (Europe/Berlin), the cap is 2',
    'caps/exceeded campaign spring: number 3 on 2026-12-03 (Europe/Berlin), the cap is 2',
  ]);
});

test('lowering a cap or flipping the switch while a call is under way accuses nobody', async () => {
  const base = head();
  await publish(openFiles([intent()]));
  edit('mhub.yaml', (text) => text.replace('publish_enabled: true', 'publish_enabled: false'));
  edit('brands/tidewell/channels/feed.yaml', (text) => text.replace('2', '0'));
  repo.commit('stop everything');
  await publish(settledFiles(base, [intent()]));
  expect(await rulesOf()).toEqual([]);
});

test('what a run left open is settled by the next one, and that is in order', async () => {
  await publish(openFiles([intent()]));
  const { exit, output } = await mhub(['run', '--cwd', repo.root], { now: LATER, env: repo.env });
  expect(exit, output).toBe(0);
  expect(receiptsIn(repo).map(({ status }) => status)).toContain('released');
  expect(await rulesOf()).toEqual([]);
});

test('what was only assumed may be confirmed once, whatever the switches say by then', async () => {
  await publishAll([intent()], { status: 'assumed_sent' });
  edit('mhub.yaml', (text) => text.replace('publish_enabled: true', 'publish_enabled: false'));
  repo.commit('stop everything');
  const record = (run: string) => {
    const path = ledgerPath(run, LATER);
    return publish({ [path]: settledFiles(head(), [intent({ run })], { because: 'resolved by hand' })[path] ?? null });
  };
  await record('confirmed');
  expect(await rulesOf()).toEqual([]);
  await record('again');
  expect(await rulesOf()).toEqual(['keys/twice']);
});

test('what was only assumed counts no more once a person has said that it did not go out', async () => {
  const [lost, ...others] = inSlots(2);
  if (!lost) throw new Error('no intent');
  await publishAll([lost], { status: 'assumed_sent' });
  const path = ledgerPath('resolved', LATER);
  const resolved = { ...lost, run: 'resolved' };
  await publish({ [path]: settledFiles(head(), [resolved], { status: 'released' })[path] ?? null });
  await publishAll([{ ...lost, attempt: 2 }, ...others].map((one) => ({ ...one, run: 'again' })));
  expect(await rulesOf()).toEqual([]);
});

test('what was given back and went out all the same is judged by what it was decided by', async () => {
  await publishAll([intent()], { status: 'released' });
  edit('mhub.yaml', (text) => text.replace('publish_enabled: true', 'publish_enabled: false'));
  repo.commit('stop everything');
  const path = ledgerPath('late', LATER);
  await publish({ [path]: settledFiles(head(), [intent({ run: 'late' })], { late: true })[path] ?? null });
  expect(await rulesOf()).toEqual([]);
});

test('halting and resuming by command is in order', async () => {
  for (const args of [
    ['halt', 'spring', '--why', 'a pause'],
    ['resume', 'spring'],
  ]) {
    const { exit, output } = await mhub([...args, '--cwd', repo.root], { now: LATER, env: repo.env });
    expect(exit, output).toBe(0);
  }
  await publishAll([intent()]);
  expect(await rulesOf()).toEqual([]);
});

test('a person may resume, merge their own work, and change everything that is theirs', async () => {
  await guard({ 'hub/halts/spring-feed.yaml': stringifyDocument(halt) });
  edit('hub/halts/spring-feed.yaml', (text) => text.replace('resolved: false', 'resolved: true'));
  repo.commit('resume');
  repo.git('checkout', '-q', '-b', 'side');
  repo.write('docs/more.md', 'More.\n');
  repo.commit('more');
  repo.git('checkout', '-q', 'main');
  repo.git('merge', '-q', '--no-ff', '-m', 'merge', 'side');
  repo.git('branch', '-q', '-D', 'side');
  await publishAll([intent()]);
  expect(await rulesOf()).toEqual([]);
});

test('a forgery that keeps every rule is not seen: authorship is a name', async () => {
  await publishAll([intent()]);
  expect(await rulesOf()).toEqual([]);
});

test('--since leaves out what is known, and still counts with it', async () => {
  await publish({ [openPath('forged')]: '{"key":\n' });
  const known = head();
  const { findings } = await verifyHistory(repo.root, { since: known });
  expect(findings).toEqual([]);
  await publish({ [openPath('forged')]: null, ...settledFiles(known, [intent({ slot: first.slot, attempt: 2 })]) });
  expect((await verifyHistory(repo.root, { since: known.slice(0, 10) })).findings.map(({ rule }) => rule)).toEqual([
    'keys/twice',
  ]);
  await expect(verifyHistory(repo.root, { since: 'nowhere' })).rejects.toThrow('--since nowhere: no such commit');
});

test('a clone without the whole history is refused instead of being called clean', async () => {
  const copy = mkdtempSync(join(dirname(repo.root), 'shallow-'));
  execFileSync('git', ['clone', '-q', '--depth', '1', `file://${repo.root}`, copy], { env: repo.env, stdio: 'pipe' });
  await expect(verifyHistory(copy)).rejects.toThrow('git fetch --unshallow');
});

test('the command says what it checked, or what is wrong and ends with 3', async () => {
  const fine = await mhub(['verify', '--cwd', repo.root], { now: LATER, env: repo.env });
  expect(fine.exit).toBe(0);
  expect(fine.output).toContain(`Nothing is wrong up to ${clean.slice(0, 8)}.`);
  const broken = await publish({ 'site/spring/index.html': null });
  const wrong = await mhub(['verify', '--cwd', repo.root], { now: LATER, env: repo.env });
  expect(wrong.exit).toBe(3);
  expect(wrong.output).toContain(`site/page-missing  ${broken.slice(0, 8)}  site/spring/index.html`);
  const { exit, output } = await mhub(['verify', '--json', '--cwd', repo.root], { now: LATER, env: repo.env });
  expect(exit).toBe(3);
  expect(JSON.parse(output)).toMatchObject({ commit: broken, exit_code: 3, findings: [{ rule: 'site/page-missing' }] });
});

/** As a pull request is merged that was up to date. */
async function mergeSide(work: () => unknown, ...flags: readonly string[]): Promise<void> {
  repo.git('checkout', '-q', '-b', 'side');
  await work();
  repo.git('checkout', '-q', 'main');
  repo.git('merge', '-q', '--no-ff', ...flags, '-m', 'Merge pull request #7 from ada/mhub/run', 'side');
  repo.git('branch', '-q', '-D', 'side');
}

test('a merge that only moves the branch is gone through commit by commit, and nothing is wrong with it', async () => {
  await mergeSide(() => publishAll([intent()], { status: 'released', because: 'refused' }));
  const { findings, checked } = await verifyHistory(repo.root);
  expect(findings).toEqual([]);
  expect(checked.intents).toBeGreaterThan(0);
  expect(await rulesOf()).toEqual([]);
});

test('such a merge hides nothing: what is wrong on its side is found there', async () => {
  await mergeSide(() => publish(settledFiles(head(), [intent()], { status: 'released' })));
  expect(await rulesOf()).toEqual(['intents/missing']);
});

test('a merge that holds more than its side is accused of all of it', async () => {
  await mergeSide(() => publish({ 'hub/outbox/side.eml': 'from the side' }), '--no-commit');
  repo.write('hub/outbox/more.eml', 'and more');
  repo.commit('Merge pull request #7 from ada/mhub/run');
  const { findings } = await verifyHistory(repo.root);
  expect(findings.map(({ rule, wrong }) => [rule, wrong])).toEqual([
    ['authorship/merge', 'the merge changed hub/outbox/more.eml and 1 more'],
  ]);
});
