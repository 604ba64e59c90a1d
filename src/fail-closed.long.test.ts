/** State that cannot be trusted: nothing is published until it is put right. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ledgerFile } from './core/ledger.ts';
import type { Timing } from './shell/run.ts';
import { type Loopback, serveLoopback } from './testing/loopback.ts';
import { loopbackAdapters } from './testing/loopback-channel.ts';
import { type Ended, mhub } from './testing/mhub.ts';
import { FIRST_RUN } from './testing/play.ts';
import { inBook, liveWorkspace, openRig, type Rig, type Site, siteBefore } from './testing/rig.ts';
import { filesIn } from './testing/scenario.ts';

/** A Wednesday: a post is due. */
const NEXT_RUN = '2026-11-25T12:00:00Z';

let loopback: Loopback;
let rig: Rig;
let template: Site;

/** Whoever waits has waited: a call that was given up is taken to have had its time. */
let waited = 0;
const impatient: Partial<Timing> = {
  monotonic: () => performance.now() + waited,
  sleep: async (milliseconds) => {
    waited += milliseconds;
  },
};

const run = (
  site: Site,
  book: string,
  now: string,
  env: Readonly<Record<string, string>> = {},
  ...flags: string[]
): Promise<Ended> =>
  mhub(['run', '--cwd', site.clone, ...flags], {
    now,
    env: { ...rig.env, ...env },
    adapters: loopbackAdapters(`${loopback.url}/${book}`, { feed: 'key', outbox: 'opaque' }),
    timing: impatient,
  });

beforeAll(async () => {
  loopback = await serveLoopback();
  rig = await openRig(loopback);
  template = await siteBefore(join(rig.folder, 'template'), FIRST_RUN, liveWorkspace());
  const { exit, output } = await run(template, 'first', FIRST_RUN);
  expect(exit, output).toBe(0);
});

afterAll(async () => {
  rig.remove();
  await loopback.close();
});

const read = ({ clone }: Site, path: string): string => readFileSync(join(clone, path), 'utf8');

function write({ clone }: Site, path: string, content: string): void {
  mkdirSync(dirname(join(clone, path)), { recursive: true });
  writeFileSync(join(clone, path), content);
}

/** The only file of a folder whose name has a text in it. */
const fileIn = ({ clone }: Site, folder: string, part: string): string => {
  const found = Object.keys(filesIn(join(clone, folder))).filter((name) => name.includes(part));
  expect(found, `${folder} ${part}`).toHaveLength(1);
  return `${folder}/${found[0]}`;
};

function pushed({ clone }: Site, message: string): void {
  rig.git(clone, 'add', '-A');
  rig.git(clone, 'commit', '-q', '-m', message);
  rig.git(clone, 'push', '-q', 'origin', 'main');
}

/** As it was before the damage. */
function putRight(site: Site, path: string): void {
  if (existsSync(join(template.clone, path))) write(site, path, read(template, path));
  else rmSync(join(site.clone, path));
  pushed(site, 'put right');
}

const half = (text: string): string => text.slice(0, text.length / 2);

interface Damage {
  readonly what: string;
  readonly exit: 2 | 3;
  /** Damages a site. @returns the file that the message must name */
  readonly by: (site: Site) => string;
}

const cut =
  (folder: string, part: string) =>
  (site: Site): string => {
    const path = fileIn(site, folder, part);
    write(site, path, half(read(site, path)));
    return path;
  };

const DAMAGES: readonly Damage[] = [
  {
    what: 'a line of the ledger that is no JSON',
    exit: 3,
    by: (site) => {
      const path = fileIn(site, 'hub/ledger', '.jsonl');
      write(site, path, read(site, path).replace('"status"', 'status'));
      return path;
    },
  },
  {
    what: 'a ledger whose last line is torn',
    exit: 3,
    by: (site) => {
      const path = fileIn(site, 'hub/ledger', '.jsonl');
      write(site, path, read(site, path).slice(0, -20));
      return path;
    },
  },
  {
    what: 'a line of the ledger whose parent is missing',
    exit: 3,
    by: (site) => {
      const path = fileIn(site, 'hub/ledger', '.jsonl');
      write(site, path, read(site, path).split('\n').toSpliced(1, 1).join('\n'));
      return path;
    },
  },
  {
    what: 'a receipt from the future',
    exit: 3,
    by: (site) => {
      const [line = ''] = read(site, fileIn(site, 'hub/ledger', '.jsonl')).split('\n');
      const { prev, ...receipt } = JSON.parse(line);
      const path = 'hub/ledger/2027/01/05/20270105T080000Z-00c0ffee.jsonl';
      write(
        site,
        path,
        ledgerFile(
          prev,
          [],
          [{ ...receipt, run: '20270105T080000Z-00c0ffee', at: '2027-01-05T08:00:00Z', slot: 'r9' }],
        ),
      );
      return path;
    },
  },
  {
    what: 'an intent that is no JSON',
    exit: 3,
    by: (site) => {
      write(site, 'hub/open/20261124T080000Z-00c0ffee.jsonl', '{"key":');
      return 'hub/open/20261124T080000Z-00c0ffee.jsonl';
    },
  },
  {
    what: 'a halt that is half written',
    exit: 3,
    by: (site) => {
      write(site, 'hub/halts/spring-web.yaml', 'campaign: spring\nchannel: web\nbreaker: manual\nwhy: "The quay is');
      return 'hub/halts/spring-web.yaml';
    },
  },
  { what: 'a verdict that is half written', exit: 3, by: cut('hub/campaigns/spring/verdicts', 'landing-page-a') },
  {
    what: 'an asset that is half written',
    exit: 3,
    by: cut('hub/campaigns/spring/assets', 'landing-page-a/asset.yaml'),
  },
  { what: 'a plan that is half written', exit: 3, by: cut('hub/campaigns/spring', 'plan.yaml') },
  { what: 'a signal that is half written', exit: 3, by: cut('hub/brands/tidewell/signals', 'changelog') },
  {
    what: 'a schema version that nobody knows',
    exit: 2,
    by: (site) => {
      write(site, 'mhub.yaml', read(site, 'mhub.yaml').replace('schema_version: 1', 'schema_version: 2'));
      return 'mhub.yaml';
    },
  },
];

test.each(DAMAGES.map((damage) => [damage.what, damage] as const))(
  '%s: nothing is published until it is put right',
  async (what, { exit, by }) => {
    const book = what.replaceAll(' ', '-');
    const site = rig.copy(template, book);
    const before = filesIn(join(site.clone, 'site'));
    const path = by(site);
    pushed(site, 'damage');
    const stopped = await run(site, book, NEXT_RUN);
    expect(stopped).toMatchObject({ exit, output: expect.stringContaining(path) as string });
    expect(inBook(loopback, book)).toEqual([]);
    expect(filesIn(join(site.clone, 'site'))).toEqual(before);

    putRight(site, path);
    const healed = await run(site, book, NEXT_RUN);
    expect(healed.exit, healed.output).toBe(0);
    expect(inBook(loopback, book).map(({ channel }) => channel)).toEqual(['feed']);
  },
);

test('a halt that is half written in the work tree stops as well, committed or not', async () => {
  const site = rig.copy(template, 'work-tree');
  write(site, 'hub/halts/spring-feed.yaml', 'campaign: spring\nchannel: fe');
  const stopped = await run(site, 'work-tree', NEXT_RUN);
  expect(stopped).toMatchObject({ exit: 3, output: expect.stringContaining('hub/halts/spring-feed.yaml') as string });
  expect(inBook(loopback, 'work-tree')).toEqual([]);
});

test('a clone without the commit before its last one publishes nothing, and says which commit', async () => {
  const site = rig.copy(template, 'parent');
  const git = join(site.clone, '.git');
  const parent = rig.git(site.clone, 'rev-parse', 'HEAD~1').trim();
  const pack = join(site.folder, 'all.pack');
  rig.git(site.clone, 'repack', '-q', '-a', '-d');
  renameSync(join(git, 'objects', fileIn({ ...site, clone: join(git, 'objects') }, 'pack', '.pack')), pack);
  execFileSync('git', ['unpack-objects', '-q'], { cwd: site.clone, env: rig.env, input: readFileSync(pack) });
  rmSync(join(git, 'objects', parent.slice(0, 2), parent.slice(2)));
  const stopped = await run(site, 'parent', NEXT_RUN);
  expect(stopped).toMatchObject({ exit: 2, output: expect.stringContaining(parent) as string });
  expect(inBook(loopback, 'parent')).toEqual([]);

  execFileSync('git', ['unpack-objects', '-q'], { cwd: site.clone, env: rig.env, input: readFileSync(pack) });
  expect((await run(site, 'parent', NEXT_RUN)).exit).toBe(0);
  expect(inBook(loopback, 'parent')).toHaveLength(1);
});

test('a shallow clone has all the evidence: it publishes what is due, and once', async () => {
  const site = rig.copy(template, 'shallow');
  const clone = join(site.folder, 'shallow');
  rig.git(site.folder, 'clone', '-q', '--depth=1', `file://${site.origin}`, clone);
  const shallow: Site = { ...site, clone };
  const first = await run(shallow, 'shallow', NEXT_RUN);
  expect(first.exit, first.output).toBe(0);
  const whole = await run(site, 'shallow', NEXT_RUN);
  expect(whole).toMatchObject({ exit: 0, output: expect.stringContaining('Nothing to do') as string });
  expect(inBook(loopback, 'shallow').map(({ channel }) => channel)).toEqual(['feed']);
});

test('a dry run calls nobody and writes nothing', async () => {
  const site = rig.copy(template, 'dry');
  const before = filesIn(site.clone);
  const { exit, output } = await run(site, 'dry', NEXT_RUN, {}, '--dry-run');
  expect(exit, output).toBe(0);
  expect(output).toContain('social-post-20261125-0930-feed');
  expect(inBook(loopback, 'dry')).toEqual([]);
  expect(filesIn(site.clone)).toEqual(before);
});

test('a call in doubt is not made again while a switch is off', async () => {
  const site = rig.copy(template, 'switch');
  loopback.expect('switch', 'reset');
  expect((await run(site, 'switch', NEXT_RUN)).exit).toBe(3);
  const stopped = await run(site, 'switch', NEXT_RUN, { MHUB_KILL: '1' });
  expect(stopped).toMatchObject({ exit: 3, output: expect.stringContaining('may have gone out') as string });
  expect(inBook(loopback, 'switch')).toEqual([]);
  const goesOn = await run(site, 'switch', NEXT_RUN);
  expect(goesOn.exit, goesOn.output).toBe(0);
  expect(inBook(loopback, 'switch').map(({ channel }) => channel)).toEqual(['feed']);
});
