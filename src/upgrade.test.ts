/** `mhub upgrade`: workflows that nobody has changed follow the installed version. */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyPlace, type Place } from './testing/start.ts';

const PATH = '.github/workflows/mhub.yml';

const marked = (name: string, version: string, rest: string): string =>
  `# mhub workflow ${name} ${version} ${createHash('sha256').update(rest).digest('hex')}\n${rest}`;

async function workspace(): Promise<Place> {
  const place = emptyPlace();
  await place.mhub('init', '--yes');
  return place;
}

test('what init writes is up to date', async () => {
  const place = await workspace();
  expect(place.read(PATH)).toMatch(/^# mhub workflow mhub\.yml 0\.0\.0-test [0-9a-f]{64}\n/);
  const { exit, output } = await place.mhub('upgrade');
  const written = place.files().filter((path) => path.startsWith('.github/workflows/'));
  expect([exit, output]).toEqual([0, written.map((path) => `${path} (0.0.0-test) is up to date\n`).join('')]);
  expect(written).toContain(PATH);
});

test('an old one that nobody has touched becomes that of the installed version', async () => {
  const place = await workspace();
  const current = place.read(PATH);
  place.write(PATH, marked('mhub.yml', '0.0.1', 'name: mhub\n'));
  expect((await place.mhub('upgrade', '--dry-run')).output).toContain('Dry run, nothing was written.');
  expect(place.read(PATH)).toContain('0.0.1');
  expect(await place.mhub('upgrade')).toMatchObject({
    exit: 0,
    output: expect.stringContaining('is that of 0.0.0-test now'),
  });
  expect(place.read(PATH)).toBe(current);
});

test('an edited one stays, with the difference to look at', async () => {
  const place = await workspace();
  const edited = place.read(PATH).replace('timeout-minutes: 20', 'timeout-minutes: 10');
  place.write(PATH, edited);
  const left = await place.mhub('upgrade');
  expect(left.exit).toBe(3);
  expect(left.output).toContain('-    timeout-minutes: 10\n+    timeout-minutes: 20\n');
  expect(place.read(PATH)).toBe(edited);
});

test('line ends of Windows are no edit, and a renamed file is still known', async () => {
  const place = await workspace();
  place.write('.github/workflows/loop.yaml', place.read(PATH).replaceAll('\n', '\r\n'));
  expect((await place.mhub('upgrade')).output).toContain('.github/workflows/loop.yaml (0.0.0-test) is up to date');
});

test('files without the mark, and workflows that the version does not have, are left alone', async () => {
  const place = await workspace();
  place.write(PATH, 'name: ours\n');
  place.write('.github/workflows/old.yml', marked('gone.yml', '0.0.1', 'name: gone\n'));
  const { exit, output } = await place.mhub('upgrade');
  expect(exit).toBe(0);
  expect(output).toContain('.github/workflows/old.yml (0.0.1) stays: 0.0.0-test has no such workflow\n');
  expect(output).not.toContain(PATH);
  expect(place.read(PATH)).toBe('name: ours\n');
});

test('a workflow that is not here is named, and added when asked', async () => {
  const place = await workspace();
  const current = place.read(PATH);
  rmSync(join(place.root, PATH));
  expect((await place.mhub('upgrade')).output).toContain('is not here; add it with: mhub upgrade --add mhub.yml');
  expect((await place.mhub('upgrade', '--add', 'mhub.yml')).output).toContain(`${PATH} (0.0.0-test) is new`);
  expect(place.read(PATH)).toBe(current);
  expect(await place.mhub('upgrade', '--add', 'mhub.yaml')).toMatchObject({
    exit: 2,
    output: expect.stringContaining('--add is "mhub.yaml", did you mean "mhub.yml"?'),
  });
});

test('the version in package.json moves only when asked, and nothing else of the file does', async () => {
  const place = await workspace();
  const text = '{"name": "x",\n\t"dependencies": { "mhub-engine": "0.0.1", "other": "1" } }\n';
  place.write('package.json', text);
  await place.mhub('upgrade');
  expect(place.read('package.json')).toBe(text);
  const pinned = await place.mhub('upgrade', '--pin');
  expect(pinned.output).toContain('package.json pins mhub-engine 0.0.0-test instead of 0.0.1: run "npm install".');
  expect(place.read('package.json')).toBe(text.replace('0.0.1', '0.0.0-test'));
  place.write('package.json', '{}\n');
  expect(await place.mhub('upgrade', '--pin')).toMatchObject({ exit: 2 });
});
