/** A small brand with everything that the samples of rules and packs need, so that they can stay short. */

import type { AudienceSegment, Brand, Campaign, ChannelConfig, Offer, Workspace } from '../../generated/entities.ts';
import type { Named, RuleContext, Unit } from '../contracts.ts';

const workspace: Workspace = {
  schema_version: 1,
  engine: 'template',
  delivery: 'local',
  timezone: 'Europe/Berlin',
  identity: { name: 'mhub', email: 'mhub@northwind.example' },
  breakers: { publish_enabled: true, max_guard_failures_before_halt: 1 },
};

const brand: Named<Brand> = {
  id: 'northwind',
  name: 'Northwind',
  tagline: 'Notes where your team looks',
  locale: 'en',
  addresses: {
    site_url: 'https://northwind.example',
    from_address: 'Northwind <hello@northwind.example>',
    list_address: 'news@lists.northwind.example',
    unsubscribe_url: 'https://northwind.example/unsubscribe',
    postal_address: 'Northwind Notes, 1 Harbour Street, Example Town',
  },
  voice: { max_exclamations: 0, max_emoji: 1 },
  do_not_say: ['game changer', 'synergy'],
  vocabulary: ['Markdown', 'A/B'],
  design: {
    ink: '#1a1a1a',
    muted: '#55595f',
    paper: '#ffffff',
    surface: '#f4f5f7',
    line: '#d9dce1',
    accent: '#0b57b0',
    on_accent: '#ffffff',
    font: 'system-ui, sans-serif',
  },
  disclaimers: [{ id: 'beta', text: 'Northwind is in beta.', kinds: ['landing_page', 'email'] }],
  facts: [
    {
      id: 'save-time',
      statement: 'Northwind saves each note within two seconds.',
      phrasings: ['a note is saved within two seconds'],
      source: 'docs/benchmark.md',
      checked: '2026-11-01',
      expires: '2027-11-01',
    },
    {
      id: 'plain-files',
      statement: 'Every note is a Markdown file that you always keep.',
      phrasings: ['your notes are Markdown files that you always keep'],
      source: 'docs/format.md',
      checked: '2026-11-01',
    },
    {
      id: 'teams',
      statement: 'More than 300 teams at Fabrikam use it.',
      source: 'docs/teams.md',
      checked: '2026-11-01',
    },
    {
      id: 'price',
      statement: 'You pay $9 a month.',
      phrasings: ['$9 a month'],
      source: 'https://northwind.example/pricing',
      checked: '2026-11-01',
    },
  ],
};

const offer: Named<Offer> = {
  id: 'team-plan',
  name: 'Northwind Team',
  summary: 'Shared notes for small teams.',
  price: { amount: '9', currency: 'USD', period: 'month' },
  price_fact: 'price',
  cta: { id: 'start', label: 'Start a notebook', url: '#start' },
  steps: [
    { text: 'Install the command.', code: 'npm install northwind@2' },
    { text: 'Write the note down and move on.' },
  ],
  outcomes: [
    {
      id: 'found-again',
      answers: ['lost-notes'],
      forms: {
        s: 'The whole team finds a note where it was written.',
        vp: 'find a note where it was written',
        short: 'Notes that are found again',
      },
      facts: ['plain-files'],
    },
  ],
  mechanisms: [
    {
      id: 'saving',
      enables: ['found-again'],
      forms: { s: 'Each note is saved while you type.', short: 'Saved while you type' },
      facts: ['save-time'],
    },
  ],
  proofs: [{ id: 'benchmark', supports: ['found-again'], fact: 'save-time' }],
};

const segment: Named<AudienceSegment> = {
  id: 'team-leads',
  name: 'Team leads',
  about: 'They answer the same question again because nobody finds the note.',
  priority: 1,
  pains: [
    {
      id: 'lost-notes',
      forms: {
        s: 'Notes get lost between chat, mail and a drive.',
        clause: 'notes get lost between chat, mail and a drive',
        question: 'Where did we write that down?',
      },
    },
  ],
  objections: [
    {
      id: 'leaving',
      question: 'Can we take our notes with us?',
      answer: 'Yes. Your notes are Markdown files that you always keep.',
      facts: ['plain-files'],
    },
  ],
  triggers: ['notes', 'search'],
  channels: ['web', 'feed', 'outbox'],
};

const channel = (id: string, adapter: string): Named<ChannelConfig> => ({
  id,
  adapter,
  timezone: 'Europe/Berlin',
  breakers: { max_publishes_per_day: 4 },
});

const channels = [channel('web', 'web'), channel('feed', 'feed'), channel('outbox', 'outbox')] as const;

const campaign: Named<Campaign> = {
  id: 'found-again',
  name: 'Notes that are found again',
  brand: 'northwind',
  goal: 'signup',
  status: 'active',
  locales: ['en'],
  offers: ['team-plan'],
  segments: ['team-leads'],
  policies: ['base'],
  kpis: [{ metric: 'conversions', target: 100 }],
  schedule: [
    { channel: 'web', asset: 'landing_page', on_change: true },
    { channel: 'web', asset: 'one_pager', on_change: true },
    { channel: 'feed', asset: 'social_post', weekly: ['mon 09:00', 'wed 09:00', 'fri 09:00'] },
    { channel: 'outbox', asset: 'email', weekly: ['tue 10:00'] },
  ],
  experiment: { metric: 'clicks', min_visits_per_arm: 100 },
};

/** What every page and email of the brand says around the copy. */
const templates = new Map([
  ['templates/page.hbs', '<nav aria-label="Pages"><a href="/pricing">Plans</a></nav><h2>Start</h2><h2>Price</h2>'],
  ['templates/email.hbs', '<a href="{{leave}}">Leave the list</a>'],
]);

export const exampleUnit: Unit = {
  workspace,
  brand,
  sources: [],
  campaign,
  offers: [offer],
  segments: [segment],
  channels,
  policies: [
    {
      id: 'base',
      version: '1.0.0',
      layer: 'base',
      about: 'What no asset may do.',
      rules: [{ id: 'claims', type: 'claims', severity: 'block' }],
    },
  ],
  templates,
  styles: new Map(),
  digest: '0'.repeat(64),
};

const authoredTexts = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(authoredTexts) : [];
};

const exampleContext: RuleContext = {
  now: '2026-11-23T09:00:00Z',
  unit: exampleUnit,
  channel: channels[0],
  limits: { maxLength: 300 },
  locale: 'en',
  jurisdictions: undefined,
  observed: {},
  sent: [],
  vocabulary: { accept: [], reject: [] },
  facts: brand.facts.filter(({ id }) => id !== 'teams'),
  authored: authoredTexts([brand, offer, segment, campaign, ...templates.values()]).join('\n'),
  sitePaths: new Set(['/', '/found-again/', '/found-again/b/', '/pricing']),
};

/** The example workspace as a rule sees it, with changes. */
export const exampleContextWith = (changes: Partial<RuleContext> = {}): RuleContext => ({
  ...exampleContext,
  ...changes,
});

/** The channel that the campaign schedules a kind on. */
export const exampleChannel = {
  landing_page: channels[0],
  one_pager: channels[0],
  social_post: channels[1],
  email: channels[2],
} as const;

const utm = (source: string, medium: string, content: string): string =>
  `utm_source=${source}&utm_medium=${medium}&utm_campaign=found-again&utm_content=${content}`;

const page = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Find a note where it was written: Northwind</title>
<meta name="description" content="Notes where your team looks.">
<link rel="canonical" href="https://northwind.example/found-again/">
<link rel="icon" href="data:,">
<style>body { color: #1a1a1a }</style>
</head>
<body>
<header>
<nav aria-label="Pages">
<a href="/" data-cta-id="nav-home">Northwind</a> · <a href="/pricing" data-cta-id="nav-plans">Plans</a>
</nav>
</header>
<main>
<h1>Find a note where it was written</h1>
<p>Notes get lost between chat, mail and a drive. Each note is saved while you type.</p>
<p>Northwind saves each note within two seconds. <em>Every note is a Markdown file that you always keep.</em></p>
<p><a href="#start" data-cta="primary" data-cta-id="start-hero">Start a notebook</a></p>
<h2 id="start">Start</h2>
<ol>
<li>Install the command. <code>npm install northwind@2</code></li>
<li>Write the note down and move on.</li>
</ol>
<h2>Price</h2>
<p>You pay $9 a month.</p>
<details>
<summary data-cta-id="faq-leaving">Can we take our notes with us?</summary>
<p>Yes. Your notes are Markdown files that you always keep.</p>
</details>
</main>
<footer>
<p>Northwind is in beta.</p>
<p>Northwind Notes, 1 Harbour Street, Example Town</p>
</footer>
</body>
</html>
`;

const emailHtml = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Find a note where it was written</title></head>
<body>
<table role="presentation" width="100%">
<tr><td>
<h1>Find a note where it was written</h1>
<p>Notes get lost between chat, mail and a drive. With Northwind a note is saved within two seconds.</p>
<p><a href="https://northwind.example/found-again/?${utm('outbox', 'email', 'email-1').replaceAll('&', '&amp;')}"
 data-cta="primary" data-cta-id="start-button">Start a notebook</a></p>
<p>Northwind is in beta.</p>
<p>Northwind Notes,<br>1 Harbour Street, Example Town</p>
<p><a href="https://northwind.example/unsubscribe" data-cta-id="footer-leave">Leave the list</a></p>
</td></tr>
</table>
</body>
</html>
`;

const emailText = `Find a note where it was written

Notes get lost between chat, mail and a drive. With Northwind a note is
saved within two seconds.

Start a notebook: https://northwind.example/found-again/?${utm('outbox', 'email', 'email-1')}

--
Northwind is in beta.
Northwind Notes, 1 Harbour Street, Example Town
Leave the list: https://northwind.example/unsubscribe
`;

const post = `Where did we write that down? Each note is saved while you type.

https://northwind.example/found-again/?${utm('feed', 'social', 'post-1')}
`;

const sheet = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Find a note where it was written: Northwind</title>
<style>@page { size: A4 } body { color: #1a1a1a }</style>
</head>
<body>
<main>
<h1>Find a note where it was written</h1>
<p>Northwind saves each note within two seconds. You pay $9 a month.</p>
<p><a href="https://northwind.example/found-again/?${utm('web', 'site', 'one-pager').replaceAll('&', '&amp;')}"
 data-cta="primary" data-cta-id="start-paper">Start a notebook</a> northwind.example/found-again/</p>
</main>
<footer>
<p>Northwind is in beta.</p>
<p>Northwind Notes, 1 Harbour Street, Example Town</p>
</footer>
</body>
</html>
`;

/** One asset of each kind that every rule passes. */
export const exampleFiles = {
  landing_page: { 'index.html': page },
  one_pager: { 'one-pager.html': sheet },
  email: { 'message.html': emailHtml, 'message.txt': emailText },
  social_post: { 'post.txt': post },
} as const;
