import { describe, expect, test } from 'vitest';
import type { Validate } from '../generated/schemas.ts';
import type { PluginParams } from './checks.ts';
import { showProblem } from './errors.ts';
import { sha256 } from './hash.ts';
import type { TreeFile } from './paths.ts';
import { createLoader, type LoadedUnit, preludeOf } from './workspace.ts';

const FILES: Readonly<Record<string, string>> = {
  'mhub.yaml': `schema_version: 1
engine: template
delivery: local
timezone: Europe/Berlin
identity: { name: mhub, email: engine@acme.example }
breakers: { publish_enabled: true, max_guard_failures_before_halt: 1 }
`,
  'brands/acme/brand.yaml': `name: Acme
tagline: Posts that go out once
locale: en
addresses:
  site_url: https://acme.example
  from_address: Acme <news@acme.example>
  list_address: list@acme.example
  unsubscribe_url: https://acme.example/leave/
  postal_address: 1 Example Street
voice: { max_exclamations: 1, max_emoji: 0 }
do_not_say: []
vocabulary: [YAML]
design:
  ink: "#111111"
  muted: "#555555"
  paper: "#ffffff"
  surface: "#f5f5f5"
  line: "#dddddd"
  accent: "#0044cc"
  on_accent: "#ffffff"
  font: system-ui, sans-serif
disclaimers: []
facts:
  - id: price
    statement: Starter costs 49 EUR a month.
    source: README.md#price
    checked: 2026-11-01
  - id: once
    statement: Every post carries a key.
    source: https://acme.example/docs
    checked: 2026-11-01
    expires: 2027-11-01
`,
  'brands/acme/offers/starter.yaml': `name: Starter
summary: The plan to begin with.
price: { amount: "49.00", currency: EUR, period: month }
price_fact: price
cta: { id: start, label: Start now, url: "#start" }
steps: []
outcomes:
  - id: calm
    answers: [duplicates]
    forms: { vp: publish each post once, s: Each post goes out once., short: No duplicates }
mechanisms:
  - id: keys
    enables: [calm]
    forms: { s: Every post carries a key., short: Keys }
    facts: [once]
proofs:
  - id: docs
    supports: [calm]
    fact: once
`,
  'brands/acme/segments/founders.yaml': `name: Founders
about: They run everything alone.
priority: 1
pains:
  - id: duplicates
    forms: { s: A retry sends the post again., clause: a retry sends the post again }
objections: []
triggers: [retry]
channels: [web, feed]
`,
  'brands/acme/channels/web.yaml': `adapter: web
timezone: Europe/Berlin
breakers: { max_publishes_per_day: 4 }
params: { folder: site }
`,
  'brands/acme/channels/feed.yaml': `adapter: feed
timezone: UTC
breakers: { max_publishes_per_day: 4 }
`,
  'brands/acme/sources/news.yaml': `adapter: changelog
params: { path: CHANGELOG.md }
`,
  'policies/base.yaml': `version: 1.0.0
layer: base
about: What every asset keeps to.
rules:
  - id: length
    type: channel
    severity: block
    channels: [feed]
`,
  'campaigns/spring/campaign.yaml': `name: Spring
brand: acme
goal: signup
status: active
starts: 2026-11-01
ends: 2026-12-31
locales: [en]
offers: [starter]
segments: [founders]
policies: [base]
kpis:
  - metric: clicks
    target: 100
schedule:
  - channel: web
    asset: landing_page
    on_change: true
  - channel: feed
    asset: social_post
    weekly: ["mon 09:00", "thu 17:30"]
experiment: { metric: clicks, min_visits_per_arm: 100 }
`,
  'templates/page.hbs': '<h1>{{title}}</h1>\n',
  'README.md': '# Acme\n',
};

/** A params schema that knows exactly these keys. */
const only =
  (...keys: string[]): Validate =>
  (value) => {
    const errors = Object.keys(value as object)
      .filter((key) => !keys.includes(key))
      .map((key) => ({
        ...{ instancePath: '', schemaPath: '#/additionalProperties', keyword: 'additionalProperties' },
        ...{ params: { additionalProperty: key }, keys },
      }));
    return errors.length === 0 ? { ok: true } : { ok: false, errors };
  };

const params: PluginParams = {
  rules: { channel: only('max_length') },
  channels: { web: only('folder'), feed: only('folder') },
  sources: { changelog: only('path') },
  engines: {},
};
const channels = new Map([
  ['web', { kinds: ['landing_page'] as const }],
  ['feed', { kinds: ['social_post'] as const }],
]);

type Edits = Readonly<Record<string, string | null | ((text: string) => string)>>;

/** The workspace above with some files added, changed or (null) taken away. */
function treeOf(edits: Edits, modes: Readonly<Record<string, string>> = {}): Map<string, TreeFile> {
  const tree = new Map<string, TreeFile>();
  for (const [path, text] of Object.entries(FILES)) tree.set(path, { bytes: text, mode: '100644' });
  for (const [path, edit] of Object.entries(edits)) {
    const before = FILES[path] ?? '';
    const after = typeof edit === 'function' ? edit(before) : edit;
    if (after === before) throw new Error(`no change of ${path}`);
    if (after === null) tree.delete(path);
    else tree.set(path, { bytes: after, mode: '100644' });
  }
  for (const [path, mode] of Object.entries(modes)) tree.set(path, { bytes: tree.get(path)?.bytes ?? '', mode });
  return tree;
}

const loaderFor = (edits: Edits = {}, modes?: Readonly<Record<string, string>>) =>
  createLoader(treeOf(edits, modes), { channels, params });

const replace =
  (written: string, instead: string) =>
  (text: string): string =>
    text.replace(written, instead);

const shown = (
  loaded: LoadedUnit | { ok: boolean; problems?: readonly Parameters<typeof showProblem>[0][] },
): string[] => ('problems' in loaded ? (loaded.problems ?? []).map(showProblem) : []);

const problemsAfter = (edits: Edits, modes?: Readonly<Record<string, string>>): string[] =>
  shown(loaderFor(edits, modes).loadUnit('spring'));

const CAMPAIGN = 'campaigns/spring/campaign.yaml';
const BRAND = 'brands/acme/brand.yaml';
const OFFER = 'brands/acme/offers/starter.yaml';
const SEGMENT = 'brands/acme/segments/founders.yaml';
const WEB = 'brands/acme/channels/web.yaml';
const PACK = 'policies/base.yaml';

describe('a unit', () => {
  test('with a mistake that its schema sees still tells of the names that lead nowhere', () => {
    const broken = (text: string) => text.replace('goal: signup', 'goal: sales').replace('[founders]', '[founder]');
    expect(problemsAfter({ [CAMPAIGN]: broken })).toEqual([
      `${CAMPAIGN}:3:7: goal is "sales", did you mean "sale"?`,
      `${CAMPAIGN}:9:12: segments[0] is "founder", did you mean "founders"?`,
    ]);
  });

  test('is one campaign with what it names and what its brand shares', () => {
    const loaded = loaderFor().loadUnit('spring');
    if (!loaded.ok) throw new Error(shown(loaded).join('\n'));
    const { unit } = loaded;
    expect([unit.campaign.id, unit.brand.id]).toEqual(['spring', 'acme']);
    expect(unit.offers.map(({ id }) => id)).toEqual(['starter']);
    expect(unit.segments.map(({ id }) => id)).toEqual(['founders']);
    expect(unit.channels.map(({ id }) => id)).toEqual(['feed', 'web']);
    expect(unit.sources.map(({ id }) => id)).toEqual(['news']);
    expect(unit.policies.map(({ id }) => id)).toEqual(['base']);
    expect(unit.templates).toEqual(new Map([['templates/page.hbs', '<h1>{{title}}</h1>\n']]));
    expect(unit.workspace.timezone).toBe('Europe/Berlin');
  });

  test('keeps the order in which the campaign names its offers', () => {
    const second = FILES[OFFER] ?? '';
    const edits = { 'brands/acme/offers/again.yaml': second, [CAMPAIGN]: replace('[starter]', '[starter, again]') };
    const loaded = loaderFor(edits).loadUnit('spring');
    expect(loaded.ok && loaded.unit.offers.map(({ id }) => id)).toEqual(['starter', 'again']);
  });

  test('has a digest that changes with any value or template and with nothing else', () => {
    const digestAfter = (edits: Edits = {}): string => {
      const loaded = loaderFor(edits).loadUnit('spring');
      if (!loaded.ok) throw new Error(shown(loaded).join('\n'));
      return loaded.unit.digest;
    };
    const digest = digestAfter();
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(digestAfter({ [CAMPAIGN]: (text) => `# A comment.\n${text}` })).toBe(digest);
    expect(digestAfter({ 'README.md': '# Other\n' })).toBe(digest);
    for (const [path, edit] of Object.entries({
      'mhub.yaml': replace('Europe/Berlin', 'UTC'),
      [BRAND]: replace('Posts that', 'Mails that'),
      [OFFER]: replace('Start now', 'Start here'),
      [SEGMENT]: replace('[retry]', '[again]'),
      [WEB]: replace('max_publishes_per_day: 4', 'max_publishes_per_day: 5'),
      'brands/acme/sources/news.yaml': replace('CHANGELOG', 'HISTORY'),
      [PACK]: replace('1.0.0', '1.0.1'),
      'policies/styles/House/Hype.yml': 'extends: existence\nmessage: No.\ntokens: [hype]\n',
      [CAMPAIGN]: replace('target: 100', 'target: 101'),
      'templates/page.hbs': '<h1>{{title}}!</h1>\n',
    })) {
      expect(digestAfter({ [path]: edit }), path).not.toBe(digest);
    }
  });
});

test('colours that cannot be read on each other are told where they are written', () => {
  expect(problemsAfter({ [BRAND]: replace('"#555555"', '"#999999"') })).toEqual([
    `${BRAND}:15:10: design.muted is #999999 on paper #ffffff: contrast 2.84, expected at least 4.5 (WCAG 2.2 AA)`,
    `${BRAND}:15:10: design.muted is #999999 on surface #f5f5f5: contrast 2.61, expected at least 4.5 (WCAG 2.2 AA)`,
  ]);
});

test('a logo is told about where it is named when it is not there, and where it is written when it is none', () => {
  const LOGO = 'templates/acme/logo.svg';
  const named = replace('  accent:', `  logo: ${LOGO}\n  accent:`);
  expect(problemsAfter({ [BRAND]: named })).toEqual([
    `${BRAND}:19:9: design.logo is "${LOGO}", expected an SVG file that is there`,
  ]);
  const svg = '<svg viewBox="0 0 9 9">\n<path d="M0 0"/></svg>';
  expect(problemsAfter({ [BRAND]: named, [LOGO]: svg })).toEqual([]);
  expect(problemsAfter({ [BRAND]: named, [LOGO]: svg.replace('d="M0 0"', 'onload="go()"') })).toEqual([
    expect.stringMatching(`^${LOGO}:2:7: onload has no place in a logo`),
  ]);
});

test('a source with the digest that it was checked with is fine', () => {
  const seal = replace('#price\n', `#price\n    sha256: ${sha256('# Acme\n')}\n`);
  expect(problemsAfter({ [BRAND]: seal })).toEqual([]);
});

test('what a loader must be given is known from the tree', () => {
  const seal = replace('#price\n', `#price\n    sha256: ${'f'.repeat(64)}\n`);
  const params = (text: string) => `${text}    params: { max_length: 300 }\n`;
  expect(preludeOf(treeOf({}))).toEqual({ ruleTypes: [], sources: [], engine: 'template' });
  expect(preludeOf(treeOf({ [BRAND]: seal, [PACK]: params }))).toEqual({
    ruleTypes: ['channel'],
    sources: ['README.md'],
    engine: 'template',
  });
});

describe('between files', () => {
  test.each<[string, Edits, string[]]>([
    [
      'a misspelt offer',
      { [CAMPAIGN]: replace('[starter]', '[strater]') },
      [`${CAMPAIGN}:8:10: offers[0] is "strater", did you mean "starter"?`],
    ],
    [
      'an unknown brand',
      { [CAMPAIGN]: replace('brand: acme', 'brand: other') },
      [`${CAMPAIGN}:2:8: brand is "other", expected acme`],
    ],
    [
      'an unknown segment',
      { [CAMPAIGN]: replace('[founders]', '[students]') },
      [`${CAMPAIGN}:9:12: segments[0] is "students", expected founders`],
    ],
    [
      'an unknown policy pack',
      { [CAMPAIGN]: replace('[base]', '[bass]') },
      [`${CAMPAIGN}:10:12: policies[0] is "bass", did you mean "base"?`],
    ],
    [
      'an unknown channel',
      { [CAMPAIGN]: replace('channel: web', 'channel: wed') },
      [`${CAMPAIGN}:15:14: schedule[0].channel is "wed", did you mean "web"?`],
    ],
    [
      'an offer that is named twice',
      { [CAMPAIGN]: replace('[starter]', '[starter, starter]') },
      [`${CAMPAIGN}:8:19: offers[1] is "starter" again, expected each once`],
    ],
    [
      'an unknown channel of a segment',
      { [SEGMENT]: replace('[web, feed]', '[web, feeed]') },
      [`${SEGMENT}:9:17: channels[1] is "feeed", did you mean "feed"?`],
    ],
    [
      'an outcome that answers no pain',
      { [OFFER]: replace('[duplicates]', '[duplicate]') },
      [`${OFFER}:9:15: outcomes[0].answers[0] is "duplicate", did you mean "duplicates"?`],
    ],
    [
      'a mechanism without its outcome',
      { [OFFER]: replace('enables: [calm]', 'enables: [clam]') },
      [`${OFFER}:13:15: mechanisms[0].enables[0] is "clam", did you mean "calm"?`],
    ],
    [
      'a proof without its outcome',
      { [OFFER]: replace('supports: [calm]', 'supports: [peace]') },
      [`${OFFER}:18:16: proofs[0].supports[0] is "peace", expected calm`],
    ],
    [
      'an unknown fact',
      { [OFFER]: replace('fact: once', 'fact: onces') },
      [`${OFFER}:19:11: proofs[0].fact is "onces", did you mean "once"?`],
    ],
    [
      'an unknown price fact',
      { [OFFER]: replace('price_fact: price', 'price_fact: cost') },
      [`${OFFER}:4:13: price_fact is "cost", expected one of price, once`],
    ],
    [
      'a price that its fact does not state',
      { [OFFER]: replace('"49.00"', '"59"') },
      [
        `${OFFER}:3:18: price.amount is "59", expected the price that fact "price" states: "Starter costs 49 EUR a month."`,
      ],
    ],
    [
      'a source that is not there',
      { 'README.md': null },
      [`${BRAND}:26:13: facts[0].source is "README.md#price", expected a file of the repository or an https address`],
    ],
    [
      'a source that has changed since it was checked',
      {
        [BRAND]: replace(
          '    source: README.md#price\n',
          `    source: README.md#price\n    sha256: ${'f'.repeat(64)}\n`,
        ),
      },
      [
        `${BRAND}:27:13: facts[0].sha256 is "${'f'.repeat(57)}...", but README.md has changed to ${sha256('# Acme\n')}: compare claim and source, then set checked and sha256`,
      ],
    ],
    [
      'a digest of what is no file',
      { [BRAND]: replace('/docs\n', `/docs\n    sha256: ${'f'.repeat(64)}\n`) },
      [
        `${BRAND}:31:13: facts[1].sha256 is there, expected none: "https://acme.example/docs" is no file of the repository`,
      ],
    ],
    [
      'a pack without the one that it extends',
      {
        [CAMPAIGN]: replace('[base]', '[strict]'),
        'policies/strict.yaml':
          'version: 1.0.0\nlayer: partner\nabout: More.\nextends: { pack: base, version: ^1.0.0 }\nrules: []\n',
      },
      [`${CAMPAIGN}:10:12: policies[0] is "strict", which extends base: expected base in the list too`],
    ],
    [
      'a rule for a campaign that nobody runs',
      { [PACK]: replace('channels: [feed]', 'campaigns: [sping]') },
      [`${PACK}:8:17: rules[0].campaigns[0] is "sping", did you mean "spring"?`],
    ],
    [
      'a rule for a channel that nobody has',
      { [PACK]: replace('[feed]', '[fed]') },
      [`${PACK}:8:16: rules[0].channels[0] is "fed", did you mean "feed"?`],
    ],
    [
      'a kind of asset that the channel does not carry',
      { [CAMPAIGN]: replace('asset: social_post', 'asset: email') },
      [`${CAMPAIGN}:19:12: schedule[1].asset is "email", expected what channel feed carries: social_post`],
    ],
    [
      'another locale',
      { [CAMPAIGN]: replace('[en]', '[de]') },
      [`${CAMPAIGN}:7:11: locales[0] is "de", expected en, the locale of brand acme`],
    ],
    [
      'a misspelt parameter of a channel',
      { [WEB]: replace('folder: site', 'foldr: site') },
      [`${WEB}:4:11: unknown key "foldr", did you mean "folder"?`],
    ],
    [
      'a misspelt parameter of a rule',
      { [PACK]: (text) => `${text}    params: { maxlength: 300 }\n` },
      [`${PACK}:9:15: unknown key "maxlength", did you mean "max_length"?`],
    ],
    [
      'a misspelt parameter of a source',
      { 'brands/acme/sources/news.yaml': replace('path:', 'paths:') },
      ['brands/acme/sources/news.yaml:2:11: unknown key "paths", did you mean "path"?'],
    ],
  ])('%s is found', (_name, edits, expected) => {
    expect(problemsAfter(edits)).toEqual(expected);
  });

  test('a price may be free, or written with cents or a separator', () => {
    const withPrice = (amount: string, said: string) =>
      problemsAfter({ [OFFER]: replace('"49.00"', `"${amount}"`), [BRAND]: replace('costs 49 EUR', said) });
    expect(withPrice('0', 'is free')).toEqual([]);
    expect(withPrice('49', 'costs 49.00 EUR')).toEqual([]);
    expect(withPrice('1200.50', 'costs 1,200.50 EUR')).toEqual([]);
    expect(withPrice('49', 'costs 490 EUR')).toHaveLength(1);
    expect(withPrice('49', 'costs 49.90 EUR')).toHaveLength(1);
  });
});

describe('within a file', () => {
  test.each<[string, Edits, string[]]>([
    [
      'an id that is there twice',
      { [BRAND]: replace('id: once', 'id: price') },
      expect.arrayContaining([`${BRAND}:28:9: facts[1].id is "price" again, expected each id once`]),
    ],
    [
      'a day that does not exist',
      { [CAMPAIGN]: replace('2026-11-01', '2026-02-30') },
      [`${CAMPAIGN}:5:9: starts is "2026-02-30", expected a day of the calendar`],
    ],
    [
      'an end before the start',
      { [CAMPAIGN]: replace('2026-12-31', '2026-10-31') },
      [`${CAMPAIGN}:6:7: ends is "2026-10-31", expected a day from starts (2026-11-01) on`],
    ],
    [
      'a fact that expires before it was checked',
      { [BRAND]: replace('2027-11-01', '2026-11-01') },
      [`${BRAND}:32:14: facts[1].expires is "2026-11-01", expected a day after checked (2026-11-01)`],
    ],
    [
      'a time zone that is unknown',
      { [WEB]: replace('Europe/Berlin', 'Europe/Berlim') },
      [`${WEB}:2:11: timezone is "Europe/Berlim", did you mean "Europe/Berlin"?`],
    ],
    [
      'a time zone like nothing',
      { [WEB]: replace('Europe/Berlin', 'here') },
      [`${WEB}:2:11: timezone is "here", expected an IANA name such as Europe/Berlin`],
    ],
    [
      'an instant that does not exist',
      { 'mhub.yaml': replace('max_guard', 'halt_until: 2026-13-01T00:00:00Z, max_guard') },
      ['mhub.yaml:6:48: breakers.halt_until is "2026-13-01T00:00:00Z", expected an instant that exists'],
    ],
    [
      'two schedule lines for one kind on one channel',
      {
        [CAMPAIGN]: replace(
          'experiment:',
          '  - channel: feed\n    asset: social_post\n    weekly: ["fri 09:00"]\nexperiment:',
        ),
      },
      [`${CAMPAIGN}:21:5: schedule[2] is social_post on feed again, expected all its times in schedule[1]`],
    ],
    [
      'a time that is there twice',
      { [CAMPAIGN]: replace('thu 17:30', 'mon 09:00') },
      [`${CAMPAIGN}:20:27: schedule[1].weekly[1] is "mon 09:00" again, expected each time once`],
    ],
    [
      'an experiment without a page',
      { [CAMPAIGN]: replace('    on_change: true\n', '    weekly: ["mon 09:00"]\n') },
      [
        `${CAMPAIGN}:21:1: experiment compares landing pages, expected a schedule entry with asset: landing_page and on_change: true`,
      ],
    ],
  ])('%s is found', (_name, edits, expected) => {
    expect(problemsAfter(edits)).toEqual(expected);
  });
});

describe('one broken file', () => {
  const summer = { 'campaigns/summer/campaign.yaml': (FILES[CAMPAIGN] ?? '').replace('Spring', 'Summer') };

  test('of a campaign does not stop another', () => {
    const loader = loaderFor({ ...summer, [CAMPAIGN]: replace('goal: signup', 'goal: money') });
    expect(loader.campaignIds).toEqual(['spring', 'summer']);
    expect(shown(loader.loadUnit('spring'))).toEqual([
      `${CAMPAIGN}:3:7: goal is "money", expected one of awareness, signup, sale`,
    ]);
    expect(loader.loadUnit('summer').ok).toBe(true);
    expect(loader.loadBrandUnit('acme').ok).toBe(true);
  });

  test('of a brand fails all of its campaigns, with every problem of both', () => {
    const loader = loaderFor({
      ...summer,
      [SEGMENT]: replace('priority: 1', 'priority: 12'),
      [CAMPAIGN]: replace('[en]', '[de]'),
    });
    const broken = `${SEGMENT}:3:11: priority is 12, expected at most 9`;
    expect(shown(loader.loadUnit('spring'))).toEqual([
      broken,
      `${CAMPAIGN}:7:11: locales[0] is "de", expected en, the locale of brand acme`,
    ]);
    expect(shown(loader.loadUnit('summer'))).toEqual([broken]);
    expect(shown(loader.loadBrandUnit('acme'))).toEqual([broken]);
  });

  test('of the workspace fails everything', () => {
    const loader = loaderFor({ ...summer, 'mhub.yaml': replace('delivery: local', 'delivery: lokal') });
    const broken = 'mhub.yaml:3:11: delivery is "lokal", did you mean "local"?';
    expect(shown(loader.loadWorkspace())).toEqual([broken]);
    expect(shown(loader.loadUnit('spring'))).toEqual([broken]);
    expect(shown(loader.loadUnit('summer'))).toEqual([broken]);
    expect(shown(loader.loadBrandUnit('acme'))).toEqual([broken]);
  });

  test('of a policy pack fails the campaigns that name it, and no other', () => {
    const own = (FILES[PACK] ?? '').replace('severity: block', 'severity: loud');
    const loader = loaderFor({
      'policies/strict.yaml': own,
      'campaigns/summer/campaign.yaml': (FILES[CAMPAIGN] ?? '').replace('[base]', '[base, strict]'),
    });
    expect(loader.loadUnit('spring').ok).toBe(true);
    expect(shown(loader.loadUnit('summer'))).toEqual([
      'policies/strict.yaml:7:15: rules[0].severity is "loud", expected one of block, warn',
    ]);
  });

  test('does not make the references to it look wrong too', () => {
    expect(problemsAfter({ [BRAND]: (text) => `${text}oops\n` })).toEqual([
      `${BRAND}:33:1: a key without its value, expected "key: value" on one line`,
    ]);
  });
});

describe('what is not where it belongs', () => {
  test('a stray file in a folder of a campaign or brand fails it', () => {
    expect(
      problemsAfter({ 'campaigns/spring/campain.yaml': 'name: x\n', 'brands/acme/offer/x.yaml': 'name: x\n' }),
    ).toEqual([
      'brands/acme/offer/x.yaml:1:1: unexpected file, did you mean "brands/acme/offers/x.yaml"?',
      'campaigns/spring/campain.yaml:1:1: unexpected file, did you mean "campaigns/spring/campaign.yaml"?',
    ]);
  });

  test("a stray file in nobody's folder is told apart and stops nobody", () => {
    const loader = loaderFor({
      'campaigns/summer/campain.yaml': 'name: x\n',
      'brands/other/offers/x.yaml': 'name: x\n',
    });
    expect(loader.strays.map(showProblem)).toEqual([
      'campaigns/summer/campain.yaml:1:1: unexpected file, did you mean "campaigns/summer/campaign.yaml"?',
      'brands/other/brand.yaml:1:1: is missing, expected the brand that this folder belongs to',
    ]);
    expect(loader.loadUnit('spring').ok).toBe(true);
  });

  test('a link among templates or in place of mhub.yaml fails everything', () => {
    const link = { 'templates/page.hbs': '120000' };
    expect(problemsAfter({}, link)).toEqual(['templates/page.hbs:1:1: is a symbolic link, expected a regular file']);
    expect(problemsAfter({}, { 'mhub.yaml': '120000' })).toEqual([
      'mhub.yaml:1:1: is a symbolic link, expected a regular file',
    ]);
  });

  test('a workspace file under another name is recognised', () => {
    expect(problemsAfter({ 'mhub.yaml': null })).toEqual(['mhub.yaml:1:1: is missing, expected the workspace file']);
    expect(problemsAfter({ 'mhub.yaml': null, 'mhub.yml': 'schema_version: 1\n' })).toEqual([
      'mhub.yaml:1:1: is missing, expected mhub.yml under this name',
    ]);
  });

  test('a campaign or brand that nobody wrote is answered with the likely one', () => {
    const loader = loaderFor();
    expect(shown(loader.loadUnit('sprng'))).toEqual([
      'campaigns/sprng/campaign.yaml:1:1: is missing, did you mean "spring"?',
    ]);
    expect(shown(loader.loadBrandUnit('other'))).toEqual(['brands/other/brand.yaml:1:1: is missing, expected acme']);
  });
});

test('a thousand campaigns of one brand read each file of the brand once', () => {
  const reads = new Map<string, number>();
  const files = { ...FILES };
  for (let index = 0; index < 1000; index += 1) files[`campaigns/c${index}/campaign.yaml`] = FILES[CAMPAIGN] ?? '';
  const tree = new Map<string, TreeFile>(
    Object.entries(files).map(([path, text]) => [
      path,
      {
        get bytes() {
          reads.set(path, (reads.get(path) ?? 0) + 1);
          return text;
        },
      },
    ]),
  );
  const loader = createLoader(tree, { channels, params });
  expect(loader.campaignIds.every((id) => loader.loadUnit(id).ok)).toBe(true);
  expect(
    new Set([BRAND, OFFER, SEGMENT, PACK, 'mhub.yaml', 'campaigns/c7/campaign.yaml'].map((path) => reads.get(path))),
  ).toEqual(new Set([1]));
});

describe('what the engine wrote', () => {
  const sha = sha256('x');
  const asset = {
    ...{ kind: 'social_post', channel: 'feed', slot: 'r1', attempt: 1, engine: 'template', brief: sha, plan: sha },
    ...{ template: { path: 'templates/post.hbs', sha256: sha }, title: 'A post', facts: [], signals: [], copy: [] },
    ...{
      angle: { pain: 'a', outcome: 'b', mechanism: 'c', proof: 'd' },
      files: [{ name: 'post.txt', sha256: sha }],
      content: sha,
    },
  };
  const intent = {
    ...{
      key: sha,
      attempt: 1,
      run: 'r1',
      at: '2026-11-23T09:00:00Z',
      campaign: 'spring',
      asset: 'post-1',
      brand: 'acme',
    },
    ...{ channel: 'feed', slot: 'r1', class: 'natural', effect: 'tree', content: sha },
  };
  const { class: _class, effect: _effect, ...published } = intent;
  const receipt = { ...published, status: 'sent', prev: sha };
  const halt = {
    ...{
      campaign: 'spring',
      channel: 'feed',
      breaker: 'max_guard_failures_before_halt',
      why: 'One asset was rejected.',
    },
    ...{ evidence: [], at: '2026-11-23T09:00:00Z', resolved: false },
  };
  const signal = { source: 'news', kind: 'news', n: 0, digest: sha, items: [], counts: [] };
  const hub: Readonly<Record<string, string>> = {
    'hub/campaigns/spring/assets/post-1/asset.yaml': JSON.stringify(asset),
    'hub/campaigns/spring/assets/post-1/post.txt': 'Hello\n',
    'hub/campaigns/spring/signals/2026-11-23/visits.yaml': JSON.stringify(signal),
    'hub/brands/acme/signals/2026-11-22/news.yaml': JSON.stringify(signal),
    'hub/open/r2.jsonl': `${JSON.stringify({ ...intent, run: 'r2' })}\n`,
    'hub/ledger/2026/11/23/r1.jsonl': `${JSON.stringify(receipt)}\n`,
    'hub/halts/spring-feed.yaml': JSON.stringify(halt),
  };

  test('is read back whole', () => {
    const state = loaderFor(hub).loadHub('spring', 'acme');
    expect(state).toEqual({
      assets: [{ id: 'post-1', campaign: 'spring', asset, files: new Map([['post.txt', 'Hello\n']]) }],
      answers: new Map(),
      verifications: [],
      usage: [],
      verdicts: new Map(),
      experiments: new Map(),
      signals: [
        { path: 'hub/brands/acme/signals/2026-11-22/news.yaml', signal },
        { path: 'hub/campaigns/spring/signals/2026-11-23/visits.yaml', signal },
      ],
      receipts: [receipt],
      intents: [{ ...intent, run: 'r2' }],
      halts: [{ ...halt, id: 'spring-feed' }],
      unreadable: [],
    });
  });

  test('of one campaign is not seen by another, except for ledger, intents and halts', () => {
    const state = loaderFor(hub).loadHub('summer', 'other');
    expect([state.assets, state.signals]).toEqual([[], []]);
    expect([state.receipts.length, state.intents.length, state.halts.length]).toEqual([1, 1, 1]);
  });

  test('is named when it cannot be read, and the rest is read all the same', () => {
    const state = loaderFor({
      ...hub,
      'hub/campaigns/spring/plan.yaml': 'segment: [\n',
      'hub/campaigns/spring/verdicts/post-1.yaml': 'result: maybe\n',
      'hub/campaigns/spring/assets/post-1/post.txt': null,
      'hub/open/r2.jsonl': `${JSON.stringify(intent)}\n{"key"`,
      'hub/ledger/2026/11/24/notes.txt': 'x',
      'hub/halts/Odd.yaml': JSON.stringify(halt),
    }).loadHub('spring', 'acme');
    expect(state.unreadable).toEqual([
      'hub/campaigns/spring/assets/post-1/post.txt',
      'hub/campaigns/spring/plan.yaml',
      'hub/campaigns/spring/verdicts/post-1.yaml',
      'hub/halts/Odd.yaml',
      'hub/ledger/2026/11/24/notes.txt',
      'hub/open/r2.jsonl',
    ]);
    expect(state.plan).toBeUndefined();
    expect(state.intents).toEqual([intent]);
    expect(state.receipts).toHaveLength(1);
  });

  test("is never followed out of the asset's folder", () => {
    const path = 'hub/campaigns/spring/assets/post-1/asset.yaml';
    const escaping = { ...asset, files: [{ name: '../../../../../mhub.yaml', sha256: sha }] };
    const state = loaderFor({ ...hub, [path]: JSON.stringify(escaping) }).loadHub('spring', 'acme');
    expect(state.assets[0]?.files.size).toBe(0);
    expect(state.unreadable).toHaveLength(1);
  });

  test('gives an asset of any campaign, or nothing when a part of it is missing', () => {
    expect(loaderFor(hub).loadAsset('spring', 'post-1')?.files.get('post.txt')).toBe('Hello\n');
    expect(loaderFor(hub).loadAsset('spring', 'post-2')).toBeUndefined();
    const torn = { ...hub, 'hub/campaigns/spring/assets/post-1/post.txt': null };
    expect(loaderFor(torn).loadAsset('spring', 'post-1')).toBeUndefined();
  });
});
