/** `mhub new`: each kind of file that people write, valid from the start. */
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { program } from './cli.ts';
import { kinds } from './shell/start/words.ts';
import { emptyPlace, NOW, type Place } from './testing/start.ts';

async function workspace(): Promise<Place> {
  const place = emptyPlace();
  const started = await place.mhub('init', '--yes');
  expect(started, started.output).toMatchObject({ exit: 0 });
  return place;
}

const IDS: Readonly<Record<string, string>> = { channel: 'bluesky', source: 'web-log-2' };

test('the kinds are those of the manifest that people write more than one of, and the help names them', () => {
  const words = ['brand', 'offer', 'segment', 'campaign', 'policy', 'channel', 'source'];
  expect([...kinds.keys()]).toEqual(words);
  const root = program({ name: 'mhub-engine', version: '0.0.0-test', now: NOW });
  const help = root.commands.find((command) => command.name() === 'new')?.helpInformation();
  for (const word of words) expect(help).toMatch(new RegExp(`\\b${word}\\b`));
});

test('every kind can be begun, names its schema, says what its keys are for, and leaves the workspace valid', async () => {
  const place = await workspace();
  for (const word of kinds.keys()) {
    const id = IDS[word] ?? 'another';
    const brand = ['offer', 'segment', 'channel', 'source', 'campaign'].includes(word) ? ['--brand', 'acme-tools'] : [];
    const adapter = word === 'source' ? ['--adapter', 'web_log'] : [];
    const begun = await place.mhub('new', word, id, ...brand, ...adapter, '--json');
    expect(begun, begun.output).toMatchObject({ exit: 0 });
    const { path, content, problems } = JSON.parse(begun.output) as { path: string; content: string; problems: [] };
    expect([problems, place.read(path)]).toEqual([[], content]);
    expect(content).toMatch(/^# yaml-language-server: \$schema=(\.\.\/)+node_modules\/mhub-engine\/schemas\//);
    expect(content.match(/ # |^ *# /gm)?.length, path).toBeGreaterThan(1);
  }
  expect(await place.mhub('validate')).toMatchObject({ exit: 0 });
});

test('a new campaign is a draft with what its brand has', async () => {
  const place = await workspace();
  await place.mhub('new', 'campaign', 'autumn');
  expect(parse(place.read('campaigns/autumn/campaign.yaml'))).toMatchObject({
    name: 'Autumn',
    brand: 'acme-tools',
    status: 'draft',
    offers: ['sample-offer'],
    segments: ['first-readers'],
    policies: ['base', 'email', 'email-us', 'email-eu'],
    schedule: [{ channel: 'feed' }, { channel: 'outbox' }, { channel: 'web' }],
  });
});

test('a new brand has nothing yet, and what it needs first is named', async () => {
  const place = await workspace();
  const begun = await place.mhub('new', 'brand', 'second');
  expect(begun).toMatchObject({ exit: 0, output: expect.stringContaining('mhub new offer <id> --brand <brand>') });
  expect(await place.mhub('new', 'offer', 'x', '--brand', 'second')).toMatchObject({
    exit: 2,
    output: 'there is no pain yet that it could name: run "mhub new segment <id>" first\n',
  });
  expect(await place.mhub('new', 'segment', 'x', '--brand', 'second')).toMatchObject({
    exit: 2,
    output: 'there is no channel yet that it could name: run "mhub new channel <id>" first\n',
  });
  for (const [word, id] of [
    ['channel', 'web'],
    ['segment', 'readers'],
    ['offer', 'thing'],
  ] as const) {
    const next = await place.mhub('new', word, id, '--brand', 'second');
    expect(next, next.output).toMatchObject({ exit: 0 });
  }
  expect(parse(place.read('brands/second/offers/thing.yaml'))).toMatchObject({ name: 'Thing', price_fact: 'price' });
});

test('references fall back to what is there, and a wording rests on no fact that is gone', async () => {
  const place = await workspace();
  const brand = place.read('brands/acme-tools/brand.yaml').replaceAll(/- id: (sources|price)$/gm, '- id: my-$1');
  place.write('brands/acme-tools/brand.yaml', brand);
  const begun = await place.mhub('new', 'offer', 'another', '--json');
  expect(parse((JSON.parse(begun.output) as { content: string }).content)).toMatchObject({
    price_fact: 'sample',
    outcomes: [{ facts: [] }, { facts: [] }, { facts: ['day'] }, { facts: ['runs-out'] }],
  });
});

test('--from copies, with its comments; a copied campaign begins as a draft', async () => {
  const place = await workspace();
  place.write('campaigns/start/campaign.yaml', `${place.read('campaigns/start/campaign.yaml')}# my own words\n`);
  await place.mhub('new', 'campaign', 'winter', '--from', 'start');
  expect(place.read('campaigns/winter/campaign.yaml')).toBe(
    place.read('campaigns/start/campaign.yaml').replace('status: active', 'status: draft'),
  );
  await place.mhub('new', 'offer', 'plus', '--from', 'sample-offer');
  expect(place.read('brands/acme-tools/offers/plus.yaml')).toBe(
    place.read('brands/acme-tools/offers/sample-offer.yaml'),
  );
});

test('a policy pack that mhub brings along is taken as it is', async () => {
  const place = await workspace();
  await place.mhub('new', 'policy', 'online');
  expect(parse(place.read('policies/online.yaml'))).toMatchObject({
    rules: [{ id: 'own-links' }, { id: 'other-links' }],
  });
  expect(await place.mhub('policy', 'test', 'online')).toMatchObject({ exit: 0 });
});

test.each([
  [['ofer', 'x'], 'there is no ofer to begin: did you mean offer?'],
  [['offer', 'Big Deal'], 'the id is "Big Deal", expected lower-case letters, digits and hyphens, at most 63'],
  [['offer', '../x'], 'the id is "../x"'],
  [['offer', 'x', '--from', '../../y'], 'the id is "../../y"'],
  [['offer', 'sample-offer'], 'brands/acme-tools/offers/sample-offer.yaml is there already, so nothing was written'],
  [['offer', 'x', '--brand', 'acme-tolls'], 'no brand acme-tolls: did you mean acme-tools?'],
  [['offer', 'x', '--from', 'gone'], 'there is no brands/acme-tools/offers/gone.yaml to begin from'],
  [['offer', 'x', '--adapter', 'web'], '--adapter is for a channel or a source'],
  [['channel', 'social'], 'no channel adapter social: there are:'],
  [['channel', 'mastodonn'], 'no channel adapter mastodonn: did you mean mastodon?'],
])('what cannot be is refused and writes nothing: %j', async (args, message) => {
  const place = await workspace();
  const before = place.files();
  const refused = await place.mhub('new', ...args);
  expect(refused).toMatchObject({ exit: 2, output: expect.stringContaining(message) });
  expect(place.files()).toEqual(before);
});

test('a dry run prints the file', async () => {
  const place = await workspace();
  const dry = await place.mhub('new', 'policy', 'ours', '--dry-run');
  expect(dry.output).toContain('Dry run, nothing was written. policies/ours.yaml would be:\n\n# yaml-language-server');
  expect(place.files()).not.toContain('policies/ours.yaml');
});

test('what the workspace would say about it is said at once', async () => {
  const place = await workspace();
  const begun = await place.mhub('new', 'source', 'news', '--adapter', 'changelog');
  expect(begun).toMatchObject({ exit: 0 });
  place.write('brands/acme-tools/channels/web.yaml', 'adapter: wb\n');
  const second = await place.mhub('new', 'policy', 'ours');
  expect(second).toMatchObject({ exit: 3, output: expect.stringContaining('brands/acme-tools/channels/web.yaml:1:1') });
  expect(place.files()).toContain('policies/ours.yaml');
});
