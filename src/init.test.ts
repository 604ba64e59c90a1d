/** `mhub init`: from an empty folder to a first run, as a new user would. */
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { locateSameChromium, REMEDY, readyChromium } from './shell/observe/chromium.ts';
import { emptyPlace } from './testing/start.ts';

test('an empty folder becomes a workspace that is valid, runs, and has nothing to do after that', async () => {
  const place = emptyPlace();
  const started = await place.mhub('init', '--yes', '--timezone', 'Europe/Berlin');
  expect(started, started.output).toMatchObject({ exit: 0 });
  expect(await place.mhub('validate')).toMatchObject({ exit: 0 });
  expect(await place.mhub('policy', 'test')).toMatchObject({ exit: 0 });
  expect(place.git('status', '--porcelain')).toBe('');

  const first = await place.mhub('run');
  expect(first, first.output).toMatchObject({ exit: 0 });
  expect(place.files()).toEqual(
    expect.arrayContaining(['site/start/index.html', 'site/start/b/index.html', 'site/feed.xml']),
  );
  expect(place.files().filter((path) => /^hub\/outbox\/.*\.eml$/.test(path))).toHaveLength(1);
  expect(place.read('site/start/index.html')).toContain('Sample text: Acme Tools has not put its own words here yet.');

  const head = place.git('rev-parse', 'HEAD');
  const second = await place.mhub('run');
  expect(second.output).toContain('Nothing to do');
  expect([place.git('rev-parse', 'HEAD'), place.git('status', '--porcelain')]).toEqual([head, '']);
  expect(await place.mhub('verify')).toMatchObject({ exit: 0 });
});

test('with a browser pages are looked at and a one-pager is printed, without one both are left out, and it says so', async ({
  skip,
}) => {
  const without = emptyPlace();
  const told = await without.mhub('init', '--yes');
  expect(told.output).toContain(`so the policy pack browser and the PDF are left out. To add them later,\n${REMEDY}`);
  expect(without.read('campaigns/start/campaign.yaml')).not.toMatch(/one_pager|browser/);

  const where = locateSameChromium(process.env);
  if ('missing' in where) return skip(where.missing);
  const { program } = await readyChromium(where, process.env);
  const place = emptyPlace({ chromium: program });
  const started = await place.mhub('init', '--yes');
  expect(started.output).toContain(`looked at in ${program}, and a one-pager is printed as PDF`);
  const { policies, schedule } = parse(place.read('campaigns/start/campaign.yaml')) as {
    policies: string[];
    schedule: { asset: string }[];
  };
  expect(policies).toContain('browser');
  expect(schedule.map(({ asset }) => asset)).toContain('one_pager');

  const ran = await place.mhub('run');
  expect(ran, ran.output).toMatchObject({ exit: 0 });
  expect(place.files()).toContain('site/start/acme-tools-one-pager.pdf');
  expect((await place.mhub('run')).output).toContain('Nothing to do');
}, 120_000);

test('what is in the way is listed, and nothing is written', async () => {
  const place = emptyPlace();
  place.write('mhub.yaml', 'mine\n');
  place.write('templates/email.txt.hbs', 'mine\n');
  const refused = await place.mhub('init', '--yes');
  expect(refused.exit).toBe(2);
  expect(refused.output).toContain('nothing was written:\n  mhub.yaml\n  templates/email.txt.hbs\n');
  expect(place.files()).toEqual(['mhub.yaml', 'templates/email.txt.hbs']);
  expect(existsSync(join(place.root, '.git'))).toBe(false);
});

test('a link in the place of a folder is in the way: it would lead out of the workspace', async () => {
  const place = emptyPlace();
  mkdirSync(join(place.root, '../elsewhere'));
  symlinkSync('../elsewhere', join(place.root, 'brands'));
  expect((await place.mhub('init', '--yes')).output).toContain('nothing was written:\n  brands\n');
});

test('a project keeps its package.json and .gitignore, and hears what they lack', async () => {
  const place = emptyPlace();
  place.write('package.json', '{ "name": "shop" }\n');
  place.write('.gitignore', 'node_modules\n');
  const started = await place.mhub('init', '--yes');
  expect(started, started.output).toMatchObject({ exit: 0 });
  expect(started.output).toContain('Left as they are: package.json, .gitignore');
  expect(started.output).toContain('add to .gitignore: .mhub/, .env, .env.local');
  expect(started.output).toContain('npm install --save-exact mhub-engine@0.0.0-test');
  expect([place.read('package.json'), place.read('.gitignore')]).toEqual(['{ "name": "shop" }\n', 'node_modules\n']);
});

test('a dry run checks everything and writes nothing', async () => {
  const place = emptyPlace();
  const dry = await place.mhub('init', '--yes', '--dry-run', '--json');
  expect(JSON.parse(dry.output)).toMatchObject({ dry_run: true, commit: null, brand: 'acme-tools', exit_code: 0 });
  expect(place.files()).toEqual([]);
  expect(existsSync(join(place.root, '.git'))).toBe(false);
});

test("somebody else's repository gets no workspace inside of it", async () => {
  const place = emptyPlace();
  place.git('init', '-q');
  const refused = await place.mhub('init', 'inner', '--yes');
  expect(refused).toMatchObject({ exit: 2, output: expect.stringContaining('is inside the repository') });
  expect(place.files()).toEqual([]);
});

test('a repository with commits gets the files, and its owner the commit to make', async () => {
  const place = emptyPlace();
  place.git('init', '-q');
  place.git('commit', '-q', '--allow-empty', '-m', 'first');
  const started = await place.mhub('init', '--yes');
  expect(started.output).toContain("git add -A && git commit -m 'chore: start a workspace of mhub'");
  expect(place.git('log', '--format=%s').trim()).toBe('first');
});

test('without a name for git nothing is committed, and it says how', async () => {
  const place = emptyPlace({ person: false });
  const started = await place.mhub('init', '--yes');
  expect(started, started.output).toMatchObject({ exit: 0 });
  expect(started.output).toContain("git add -A && git commit -m 'chore: start a workspace of mhub'");
  expect(() => place.git('rev-parse', '--verify', '--quiet', 'HEAD')).toThrow();
});

test('package.json pins the version, and every file names its schema in the installed package', async () => {
  const place = emptyPlace();
  await place.mhub('init', '--yes');
  expect(JSON.parse(place.read('package.json'))).toMatchObject({
    private: true,
    scripts: { run: 'mhub run', validate: 'mhub validate', verify: 'mhub verify' },
    dependencies: { 'mhub-engine': '0.0.0-test' },
  });
  const written = place.files().filter((path) => /^(mhub\.yaml|brands|campaigns|policies)/.test(path));
  for (const path of written) {
    const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(place.read(path)) ?? [];
    const [, name = ''] = /^(?:\.\.\/)*node_modules\/mhub-engine\/(schemas\/[\w.-]+)$/.exec(schema) ?? [];
    expect(existsSync(join(place.root, path, '..', schema.replace(/node_modules.*/, 'mhub.yaml'))), path).toBe(true);
    expect(JSON.parse(readFileSync(name, 'utf8')), path).toMatchObject({ type: 'object' });
  }
});

test("nothing of the package's own brand is left in what a workspace gets", async () => {
  const place = emptyPlace();
  await place.mhub('init', '--yes');
  for (const path of place.files()) {
    if (path.startsWith('.github/')) continue;
    expect(place.read(path), path).not.toMatch(/brands\/mhub|mhub\((sense|make)\)|templates\/mhub|\.loop\b/);
  }
});

test.each([
  ['quotes, colons and comments', `"O'Neil": #1 & Sons`],
  ['an expression of GitHub', ['$', '{{ secrets.TOKEN }}'].join('')],
  ['YAML', '- {a: [b], *c, &d, !e, |'],
  ['tokens of the starter', '{{brand}} {{{name}}}'],
  ['letters without a Latin form', '明日 株式会社'],
  ['markup', '<script>alert(1)</script>'],
])('a name is data, whatever is in it: %s', async (_, name) => {
  const place = emptyPlace();
  const started = await place.mhub('init', '--yes', '--name', name, '--offer', name, '--audience', name);
  expect(started, started.output).toMatchObject({ exit: 0 });
  expect(await place.mhub('validate')).toMatchObject({ exit: 0 });
  const brands = place.files().filter((path) => path.endsWith('/brand.yaml'));
  expect(brands.map((path) => (parse(place.read(path)) as { name: string }).name)).toEqual([name]);
  expect(place.read('.github/workflows/mhub.yml')).not.toContain(name);
});

test('a name that is no line becomes one, and one without end is refused', async () => {
  const place = emptyPlace();
  expect((await place.mhub('init', '--yes', '--name', 'a'.repeat(81))).output).toContain('has 81 characters');
  expect((await place.mhub('init', '--yes', '--name', ' \n ')).output).toContain('the name is empty');
  await place.mhub('init', '--yes', '--name', 'Acme\nTools\u0007 Ltd');
  expect(parse(place.read('brands/acme-tools-ltd/brand.yaml'))).toMatchObject({ name: 'Acme Tools Ltd' });
});

test.each([
  [['--site-url', 'acme'], '--site-url is "acme", expected an address'],
  [['--channel', 'mastodn'], '--channel is "mastodn", did you mean "mastodon"?'],
  [['--timezone', 'Mars/Base'], '--timezone is "Mars/Base", expected an IANA name'],
])('an answer that cannot be is refused before anything is written: %j', async (args, message) => {
  const place = emptyPlace();
  const refused = await place.mhub('init', '--yes', ...args);
  expect(refused).toMatchObject({ exit: 2, output: expect.stringContaining(message) });
  expect(place.files()).toEqual([]);
});

test('every channel adapter can be begun with', async () => {
  const { channels } = await import('./generated/registry.ts');
  const place = emptyPlace();
  const started = await place.mhub('init', '--yes', ...Object.keys(channels).flatMap((id) => ['--channel', id]));
  expect(started, started.output).toMatchObject({ exit: 0 });
});
