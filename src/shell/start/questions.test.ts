import { expect, test } from 'vitest';
import { defaultAnswers } from './init.ts';
import { askWith } from './questions.ts';

const DEFAULTS = { ...defaultAnswers('/home/ada/acme-tools'), timezone: 'UTC' };

function answering(...lines: readonly string[]) {
  const asked: string[] = [];
  const prompt = (question: string) => {
    asked.push(question);
    return Promise.resolve(lines[asked.length - 1]);
  };
  return { asked, prompt };
}

test('each question shows what an empty line stands for, and an empty line leaves it at that', async () => {
  const { asked, prompt } = answering('', '', '', '', '');
  expect(await askWith(prompt, {}, DEFAULTS)).toEqual({});
  expect(asked).toEqual([
    'Name of the brand [Acme Tools]: ',
    'Address of the site, such as https://acme.com; empty for a reserved example address: ',
    'What is offered [Sample offer]: ',
    'Whom it is for [First readers]: ',
    'Channels [web, feed, outbox]: ',
  ]);
});

test('what a flag has said is not asked again', async () => {
  const { asked, prompt } = answering('https://acme.com', 'web feed,  mastodon');
  const given = { name: 'Acme', offer: 'Tools', audience: 'Makers' };
  expect(await askWith(prompt, given, DEFAULTS)).toEqual({
    ...given,
    siteUrl: 'https://acme.com',
    channels: ['web', 'feed', 'mastodon'],
  });
  expect(asked).toHaveLength(2);
});

test('when nobody answers any more, nothing is written', async () => {
  const { prompt } = answering('Acme');
  await expect(askWith(prompt, {}, DEFAULTS)).rejects.toThrow(
    'the questions were not answered, so nothing was written',
  );
});
