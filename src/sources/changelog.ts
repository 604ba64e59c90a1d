import type { Reading, Source } from '../core/contracts.ts';
import { Blocked } from '../core/errors.ts';
import { digestOf } from '../core/hash.ts';

const NEWEST = 20;

interface Item {
  readonly title: string;
  readonly text: string;
  /** Day of the version, when it has one. */
  readonly day?: string;
}

/** ## [1.2.0] - 2026-11-23 */
const VERSION = /^##\s+\[?([^\]\s[(]+)\]?(?:\([^)]*\))?(?:\s+[-–—]\s+(\d{4}-\d{2}-\d{2}))?(.*)$/;
const BULLET = /^\s*[-*+]\s+(.*)$/;
const isCalendarDay = (day: string | undefined): day is string => day !== undefined && !Number.isNaN(Date.parse(day));

/** Words of one line of Markdown. What stands in backticks stays as it is. */
function plainText(markdown: string): string {
  const words = markdown
    .split(/(`[^`]+`)/)
    .map((part) =>
      part.startsWith('`') && part.length > 1
        ? part.slice(1, -1)
        : part
            .replace(/!?\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])/g, '$1')
            .replace(/<(https?:[^>\s]+)>/g, '$1')
            .replace(/<\/?[a-zA-Z][^>]*>/g, '')
            .replace(/(\*\*|__|~~)(?=\S)(.+?)\1/g, '$2')
            .replace(/(?<![\w*])([*_])(?=\S)([^*_]+)\1(?!\w)/g, '$2')
            .replace(/\\([\\`*_{}[\]()#+.!<>~-])/g, '$1'),
    )
    .join('');
  return words.replace(/\s+/g, ' ').trim();
}

/**
 * Items in the order of the file, which is newest first. A yanked version is nothing to talk about.
 * Format: https://keepachangelog.com/en/1.1.0/
 */
function parseChangelog(markdown: string): Item[] {
  const lines = markdown.replace(/<!--[\s\S]*?-->|^```[\s\S]*?^```/gm, '').split(/\r?\n/);
  const items: { title: string; day?: string; lines: string[] }[] = [];
  let version: { title: string; day?: string } | undefined;
  let open: string[] | undefined;
  for (const line of lines) {
    const bullet = BULLET.exec(line)?.[1];
    if (/^##?\s/.test(line)) {
      const [, title, day, rest] = VERSION.exec(line) ?? [];
      version = title && !/\[yanked\]/i.test(rest ?? '') ? { title, ...(isCalendarDay(day) && { day }) } : undefined;
      open = undefined;
    } else if (bullet !== undefined && version) {
      open = [bullet];
      items.push({ ...version, lines: open });
    } else if (line.trim() === '' || /^#|^\s*\[[^\]]+\]:\s/.test(line)) {
      open = undefined;
    } else {
      open?.push(line);
    }
  }
  return items
    .map(({ lines: words, ...about }) => ({ ...about, text: plainText(words.join(' ')).slice(0, 2000) }))
    .filter(({ text }) => text !== '');
}

function readingOf(items: readonly Item[]): Reading {
  const news = items.map(({ title, text }) => ({ title, text }));
  const days = items
    .map(({ day }) => day)
    .filter((day) => day !== undefined)
    .sort();
  const [first, last] = [days[0], days.at(-1)];
  const span = first && last ? { from: `${first}T00:00:00Z`, to: `${last}T00:00:00Z` } : {};
  return { kind: 'news', ...span, n: news.length, digest: digestOf(items), items: news, counts: [] };
}

export const source: Source = {
  id: 'changelog',
  about: 'News from a changelog of the repository in the Keep a Changelog format, newest first.',
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: {
        type: 'string',
        pattern: '^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$',
        maxLength: 200,
        description: 'File of the repository, such as CHANGELOG.md.',
      },
    },
  },
  env: [],
  inputs: (params) => [String(params.path)],

  async read(params, io) {
    const path = String(params.path);
    const markdown = await io.file(path);
    if (markdown === undefined) throw new Blocked('source changelog', [path], `add ${path} or remove the source`);
    return [readingOf(parseChangelog(markdown).slice(0, NEWEST))];
  },
};
