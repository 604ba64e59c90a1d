import { expect, test } from 'vitest';
import { Blocked, Failed } from './errors.ts';
import { ask, checkBy, exchange, PREPARING, PUBLISHING, type Service, secretOrigin, textIn } from './service.ts';

const NOW = '2026-11-23T09:00:00Z';

const answering = (answer: () => Response): Service => ({
  name: 'Somewhere',
  who: 'channel somewhere',
  address: 'https://somewhere.example',
  addressName: 'SOMEWHERE_URL',
  io: { now: NOW, fetch: async () => answer() },
  saidIn: ({ body }) => textIn(body, 'error'),
});

const CALL = { signal: new AbortController().signal };

const failure = async (answer: () => Response, doubt = PUBLISHING): Promise<unknown> =>
  ask(answering(answer), '/posts', doubt, CALL).catch((error: unknown) => error);

test.each([
  [{ 'retry-after': '120' }, '2026-11-23T09:02:00Z'],
  [{ 'retry-after': 'Mon, 23 Nov 2026 09:10:00 GMT' }, '2026-11-23T09:10:00Z'],
  [{ 'x-ratelimit-reset': '2026-11-23T09:05:00.000Z' }, '2026-11-23T09:05:00Z'],
  [{ 'ratelimit-reset': '1795425000' }, '2026-11-23T09:10:00Z'],
  [{ 'ratelimit-reset': '30' }, '2026-11-23T09:00:30Z'],
  [{ 'retry-after': '60', 'ratelimit-reset': '30' }, '2026-11-23T09:01:00Z'],
  [{ 'ratelimit-reset': '1500000000' }, '2026-11-23T09:00:01Z'],
  [{ 'retry-after': '99999999' }, '2026-11-24T09:00:00Z'],
  [{ 'retry-after': 'soon' }, '2026-11-23T09:15:00Z'],
  [{}, '2026-11-23T09:15:00Z'],
])('a rate limit of %j is over at %s', async (headers, until) => {
  const error = await failure(() => new Response('{}', { status: 429, headers: headers as Record<string, string> }));
  expect(error).toMatchObject({ until, mayHaveHappened: false });
  expect((error as Failed).message).toBe(`Somewhere takes no more calls until ${until}`);
});

test('what is no rate limit has no end', async () => {
  const error = await failure(() => new Response('{"error":"no"}', { status: 422 }));
  expect(error).toMatchObject({ message: 'Somewhere answered 422: no', mayHaveHappened: false, until: undefined });
});

test('an answer without content is an answer, one that is no JSON is none', async () => {
  const { status, body } = await ask(
    answering(() => new Response(null, { status: 204 })),
    '/',
    PUBLISHING,
    CALL,
  );
  expect([status, body]).toEqual([204, undefined]);
  expect(await failure(() => new Response('<html>'))).toMatchObject({ mayHaveHappened: true });
  expect(await failure(() => new Response('<html>'), PREPARING)).toMatchObject({ mayHaveHappened: false });
});

test('whoever wants to see a refusal is given it, with its bytes', async () => {
  const bytes = new Uint8Array([0xff, 0, 0x7b]);
  const answer = await exchange(
    answering(() => new Response(bytes, { status: 412 })),
    '/',
    PUBLISHING,
    CALL,
  );
  expect([answer.status, [...answer.bytes], answer.body]).toEqual([412, [...bytes], undefined]);
});

test.each([
  ['https://a.example', 'https://a.example'],
  ['https://a.example/', 'https://a.example'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['http://a.example', undefined],
  ['https://a.example/path', undefined],
  ['https://a.example?x', undefined],
  ['https://user:pass@a.example', undefined],
  ['a.example', undefined],
  ['', undefined],
])('a secret may be sent to %j: %j', (address, origin) => {
  expect(secretOrigin(address)).toBe(origin);
});

test('a check is broken by what a person has to mend, and unknown when nobody answers', async () => {
  expect(await checkBy('X_KEY', async () => 'is in order')).toEqual({ what: 'X_KEY', state: 'ok', say: 'is in order' });
  const blocked = async () => Promise.reject(new Blocked('channel x', ['X_HOST'], 'set X_HOST'));
  expect(await checkBy('X_KEY', blocked)).toEqual({ what: 'X_HOST', state: 'broken', say: 'set X_HOST' });
  const failed = async () => Promise.reject(new Failed('no answer', { mayHaveHappened: false }));
  expect(await checkBy('X_KEY', failed)).toEqual({ what: 'X_KEY', state: 'unknown', say: 'no answer' });
  await expect(checkBy('X_KEY', () => Promise.reject(new RangeError('a bug')))).rejects.toThrow('a bug');
});
