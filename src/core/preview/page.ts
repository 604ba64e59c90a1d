/** What every page of the gallery has: its head, its policy, and how it says what kind and where. */
import type { AssetKindId } from '../../generated/entities.ts';
import { cspHash } from '../site.ts';
import { civilOf } from '../time.ts';
import type { Scheme } from './contents.ts';
import { html, type Markup, type Part, trusted } from './markup.ts';
import type { AssetPreview, PreviewStatus } from './model.ts';
import { STYLE } from './style.ts';

/** By this an earlier gallery is told from a folder that holds something else. */
export const GENERATOR = 'mhub preview';

/** No script at all, not even of its own; frames, pictures and documents only out of the gallery. */
const POLICY = [
  "default-src 'none'",
  `style-src ${cspHash(STYLE)}`,
  "img-src 'self' data:",
  "frame-src 'self'",
  "object-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const FOOTER = html`<footer><p>Made by mhub preview from the files of this repository. Nothing on these pages runs or loads anything from elsewhere.</p></footer>
`;

interface PageParts {
  readonly title: string;
  readonly header: Part;
  readonly main: Part;
  /** It fills the window. */
  readonly whole?: true;
}

export const page = ({ title, header, main, whole }: PageParts): string =>
  `${
    html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="${GENERATOR}">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main" data-cta-id="preview-skip">Skip to content</a>
<header>${header}</header>
<main id="main">${main}</main>
${whole ? '' : FOOTER}</body>
</html>
`.html
  }`;

/** Path in the gallery of another file, as seen from a page of it: also from file:// and below any folder. */
export const hrefFrom = (from: string, to: string): string => '../'.repeat(from.split('/').length - 1) + to;

/** How wide a page of the kind is meant to be: as wide as a browser, a mail program, or a sheet of paper. */
export type Look = 'wide' | 'mail' | 'paper';

const LOOKS: Readonly<Partial<Record<AssetKindId, Look>>> = { email: 'mail', one_pager: 'paper' };
export const lookOf = (kind: AssetKindId): Look => LOOKS[kind] ?? 'wide';

/** An HTML file of an asset: it has no scripts, forms, popups or origin, wherever it is looked at. */
export const frame = (src: string, title: string, look: Look | Scheme): Markup =>
  html`<iframe class="${look}" sandbox="" loading="lazy" referrerpolicy="no-referrer" src="${src}" title="${title}"></iframe>`;

const KIND_NAMES: Readonly<Partial<Record<AssetKindId, string>>> = { one_pager: 'One-pager' };

/** social_post -> Social post */
export function kindName(kind: AssetKindId): string {
  const words = kind.replaceAll('_', ' ');
  return KIND_NAMES[kind] ?? words.slice(0, 1).toUpperCase() + words.slice(1);
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');

/** Mon 23 Nov 2026, 09:30 Europe/Berlin */
export function clockTime(instant: string, zone: string): string {
  const { year, month, day, hour, minute } = civilOf(instant, zone);
  const weekday = WEEKDAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()];
  return `${weekday} ${day} ${MONTHS[month - 1]} ${year}, ${two(hour)}:${two(minute)} ${zone}`;
}

export const slotText = ({ due, timezone }: Pick<AssetPreview, 'due' | 'timezone'>): string =>
  due === undefined ? 'whenever it changes' : clockTime(due, timezone);

const MOODS: Readonly<Record<PreviewStatus, 'good' | 'warn' | 'bad' | 'idle'>> = {
  planned: 'idle',
  made: 'idle',
  passed: 'good',
  published: 'good',
  denied: 'warn',
  unjudged: 'warn',
  in_doubt: 'warn',
  rejected: 'bad',
  halted: 'bad',
  withdrawn: 'idle',
};

export const statusName = (status: PreviewStatus): string => status.replaceAll('_', ' ');

export const pill = (status: PreviewStatus, text = statusName(status)): Markup =>
  html`<span class="pill ${MOODS[status]}">${text}</span>`;
