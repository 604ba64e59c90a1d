/** The whole loop with a list and Resend, as far as a contract server can stand for it. */
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { factsOf } from './testing/facts.ts';
import { leaksIn } from './testing/leaks.ts';
import { agreed, letterWorkspace, RECEIPT_KEY, sealedList } from './testing/letters.ts';
import { mhub } from './testing/mhub.ts';
import { FIRST_RUN } from './testing/play.ts';
import { type TempRepo, tempRepo } from './testing/repo.ts';
import { type ResendServer, serveResend } from './testing/resend-server.ts';

const NEXT_RUN = '2026-11-24T12:20:00Z';
const API_KEY = 're_a-key-that-nobody-may-see';
const PEOPLE = ['ottoline.featherstone@reader.example', 'barnaby.thistlewood@reader.example'];

let repo: TempRepo;
let server: ResendServer;
let env: Record<string, string>;
const said: string[] = [];

beforeAll(async () => {
  server = await serveResend({
    now: Date.parse(FIRST_RUN),
    keys: { [API_KEY]: 'sending_access' },
    domains: { 'tidewell.internal': 'verified' },
  });
  repo = await tempRepo(letterWorkspace('resend', `{ audience: file, base_url: '${server.url}' }`), { remote: true });
  env = { ...(await sealedList(join(dirname(repo.root), 'list.age'), agreed(PEOPLE))), RESEND_API_KEY: API_KEY };
});
afterAll(async () => {
  repo.remove();
  await server.close();
});

async function run(now: string): Promise<string> {
  server.setClock(Date.parse(now));
  const { output } = await mhub(['run', '--cwd', repo.root], { now, env: { ...repo.env, ...env } });
  said.push(output);
  return output;
}

test('an answer that is lost is asked for with the same key, everybody has one letter, and nothing tells who they are', async () => {
  server.fail('internal_server_error-after');
  expect(await run(FIRST_RUN)).toContain('it goes on in the next run');
  expect(server.sent).toHaveLength(PEOPLE.length);
  const output = await run(NEXT_RUN);
  const [first, second] = server.calls;
  expect(second, output).toEqual(first);
  expect(server.sent.flatMap(({ to }) => to).toSorted()).toEqual(PEOPLE.toSorted());
  const { receipts, intents } = factsOf(repo.root, repo.git, repo.remote);
  expect(intents).toEqual([]);
  expect(receipts.filter(({ channel }) => channel === 'outbox')).toMatchObject([
    { status: 'sent', recipients: { sent: 2, in_doubt: 0, refused: 0 } },
  ]);
  const secrets = {
    'the key of Resend': API_KEY,
    'the key of the receipts': RECEIPT_KEY,
    'the identity of the list': env['MHUB_AGE_IDENTITY'] ?? '',
    'the domain of the readers': 'reader.example',
    'a name of a reader': 'thistlewood',
  };
  expect(leaksIn({ folders: [dirname(repo.root)], said }, secrets)).toEqual([]);
}, 60_000);
