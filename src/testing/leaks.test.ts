import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leaksIn } from './leaks.ts';
import { type TempRepo, tempRepo } from './repo.ts';

const SECRET = 'Grüsse-an-niemanden';
const SECRETS = { 'the secret': SECRET };

let repo: TempRepo;
let empty: string;

beforeAll(async () => {
  repo = await tempRepo({ 'notes.txt': 'nothing to see here\n' });
  empty = mkdtempSync(join(tmpdir(), 'mhub-test-'));
});
afterAll(() => {
  repo.remove();
  rmSync(empty, { recursive: true });
});

test.each([
  ['as it is', SECRET],
  ['in other letters', SECRET.toUpperCase().replace('Ü', 'ü')],
  ['in an address', `https://list.example/?token=${encodeURIComponent(SECRET)}&page=2`],
  ['in a header of a login', `Basic ${Buffer.from(`name:${SECRET}`).toString('base64')}`],
  ['in base64 with something around it', Buffer.from(`\0a name\0${SECRET}, and more`).toString('base64')],
  ['in hex', Buffer.from(SECRET).toString('hex')],
])('a secret that was printed %s is found, and not quoted', (_how, text) => {
  expect(leaksIn({ folders: [], said: ['', `before ${text} after`] }, SECRETS)).toEqual([
    'what was printed has the secret',
  ]);
});

test('any line of a key gives it away, but not that it is one', () => {
  const key = `-----BEGIN KEY-----\n${'a1'.repeat(32)}\n${'b2'.repeat(32)}\nZZZ=\n-----END KEY-----\n`;
  const found = (text: string): string[] => leaksIn({ folders: [], said: [text] }, { 'the key': key });
  expect(found(`not a key: ${'b2'.repeat(32)}`)).toHaveLength(1);
  expect(found('-----BEGIN KEY-----')).toEqual([]);
});

test('what was committed once is found in the repository, also when it was taken back and no branch has it', () => {
  const { root } = repo;
  expect(leaksIn({ folders: [root], said: [] }, SECRETS)).toEqual([]);
  const start = repo.git('rev-parse', 'HEAD').trim();
  repo.write('notes.txt', `${SECRET}\n`);
  repo.commit('a mistake');
  repo.git('reset', '-q', '--hard', start);
  expect(leaksIn({ folders: [empty, root], said: [] }, SECRETS)).toEqual([`a commit in ${root}/.git has the secret`]);
});

test('a name without a secret is a mistake of the test', () => {
  expect(() => leaksIn({ folders: [], said: [] }, { 'the secret': '' })).toThrow(RangeError);
});
