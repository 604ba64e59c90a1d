import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exampleUnit } from '../core/policy/sample.ts';
import { type Served, serveLocally } from './loopback.ts';
import { openDesk } from './unsubscribe.ts';

const { brand } = exampleUnit;
const ADA = 'a'.repeat(22);
const BEA = 'b'.repeat(22);

let folder: string;
let served: Served;

async function open(token?: string): Promise<void> {
  const desk = openDesk({ brand, file: join(folder, 'left.jsonl'), ...(token === undefined ? {} : { token }) });
  served = await serveLocally({ port: 0 }, async (request, response) => {
    if (!desk.answer(request, response)) response.writeHead(404).end();
  });
}
const page = (person: string): string =>
  `${served.url}${new URL(brand.addresses.unsubscribe_url).pathname}?r=${person}`;
const list = (headers: Record<string, string> = {}) => fetch(`${served.url}/_mhub/suppressed`, { headers });
/** What a mail program does when its reader presses the button. */
const oneClick = (person: string) =>
  fetch(page(person), { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mhub-test-'));
  await open();
});
afterEach(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

test('one click takes somebody off the list, once, and whoever starts later knows it', async () => {
  for (let click = 0; click < 2; click += 1) {
    const answer = await oneClick(ADA);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('You have left the list')]);
  }
  await oneClick(BEA);
  expect(await (await list()).text()).toBe(`{"recipient":"${ADA}"}\n{"recipient":"${BEA}"}\n`);
  await served.close();
  await open();
  expect(await (await list()).text()).toBe(`{"recipient":"${ADA}"}\n{"recipient":"${BEA}"}\n`);
});

test('looking at the link changes nothing: programs that scan mail follow every link', async () => {
  const answer = await fetch(page(ADA));
  const text = await answer.text();
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(text).toContain('<form method="post">');
  expect(text).toContain('data-cta-id="unsubscribe-confirm"');
  expect(text).toContain("form-action 'self'");
  await fetch(page(ADA), { method: 'HEAD' });
  expect(await (await list()).text()).toBe('');
});

test('a link that does not say who is leaving explains itself', async () => {
  for (const person of ['', 'short', `${'a'.repeat(21)}!`, 'a'.repeat(23)]) {
    const answer = await oneClick(encodeURIComponent(person));
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('This link is not complete')]);
  }
  expect(await (await list()).text()).toBe('');
});

test('a line that a kill has torn swallows nobody', async () => {
  await served.close();
  writeFileSync(join(folder, 'left.jsonl'), `\n{"recipient":"${ADA}"}\n\n{"recipient":"bbb`);
  await open();
  await oneClick(BEA);
  expect(readFileSync(join(folder, 'left.jsonl'), 'utf8')).toContain(`\n{"recipient":"${BEA}"}\n`);
  await served.close();
  await open();
  expect(await (await list()).text()).toBe(`{"recipient":"${ADA}"}\n{"recipient":"${BEA}"}\n`);
});

test('the list is for those who know the token, where there is one', async () => {
  await served.close();
  await open('token-of-the-list');
  expect((await list()).status).toBe(401);
  expect((await list({ authorization: 'Bearer another' })).status).toBe(401);
  expect((await list({ authorization: 'Bearer token-of-the-list' })).status).toBe(200);
  expect((await oneClick(ADA)).status).toBe(200);
});
