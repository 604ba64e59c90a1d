/** A new user with the packed package: an empty folder, an empty home, no key, on this Node and on the next line. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from './testing/own.ts';

const MINUTES = 60_000;

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mhub-packed-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let tarball: string;

beforeAll(() => {
  execFileSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: ROOT });
  // Built already: its own prepack would take chunks away from processes that run from this folder.
  const packed = npm(ROOT, {}, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  tarball = join(folder, filename);
}, 5 * MINUTES);

const npm = (cwd: string, env: NodeJS.ProcessEnv, ...args: string[]): string =>
  execFileSync('npm', [...args, '--no-audit', '--no-fund'], {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: 'pipe',
  });

/** @returns what was printed; a failing command fails the test with what it said */
function firstUse(node: string): {
  readonly version: string;
  readonly root: string;
  readonly printed: readonly string[];
} {
  const home = mkdtempSync(join(folder, 'home-'));
  const root = join(home, 'acme-tools');
  mkdirSync(root);
  const env = {
    PATH: [dirname(node), process.env['PATH']].join(delimiter),
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
    // The test is about the package; with a browser see the other ones.
    MHUB_CHROMIUM: '/nowhere',
    npm_config_cache: join(folder, 'npm-cache'),
  };
  const run = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { cwd: root, env, encoding: 'utf8', stdio: 'pipe' });
  run('git', 'config', '--global', 'user.name', 'Ada');
  run('git', 'config', '--global', 'user.email', 'ada@example.com');
  const version = run('node', '--version').trim();
  run('npm', 'install', '--no-audit', '--no-fund', '--save-exact', tarball);
  const printed = [
    run('npx', '--no', '--', 'mhub', 'init', '--yes'),
    run('npm', 'install', '--no-audit', '--no-fund'),
    run('npx', '--no', '--', 'mhub', 'run'),
    run('npx', '--no', '--', 'mhub', 'run'),
  ];
  expect(run('git', 'status', '--porcelain')).toBe('');
  return { version, root, printed };
}

function expectFirstUse({ root, printed: [started, , first, second] }: ReturnType<typeof firstUse>): void {
  expect(started).toContain('Committed as');
  expect(first).toContain('https://acme-tools.example/start/');
  expect(first).not.toContain('Needs attention');
  expect(second).toContain('Nothing to do');
  const installed = readdirSync(join(root, 'node_modules'), { recursive: true, encoding: 'utf8' });
  const schema = readFileSync(join(root, 'mhub.yaml'), 'utf8').match(/\$schema=node_modules\/(\S+)/)?.[1];
  expect(installed).toContain(schema);
}

test(
  'init, install, run: works from the tarball, with no key, on this Node',
  () => {
    expectFirstUse(firstUse(process.execPath));
  },
  5 * MINUTES,
);

test(
  'and on Node 24',
  ({ skip }) => {
    const place = join(folder, 'node-24');
    mkdirSync(place);
    const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
    try {
      npm(place, {}, 'install', '--no-save', `${name}@24`);
    } catch (error) {
      return skip(`npm has no ${name} for us: ${String((error as { stderr?: string }).stderr).split('\n')[0]}`);
    }
    const used = firstUse(join(place, 'node_modules', name, 'bin/node'));
    expect(used.version).toMatch(/^v24\./);
    expectFirstUse(used);
  },
  10 * MINUTES,
);
