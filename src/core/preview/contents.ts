/** The files of an asset by what can be shown of them. They are hostile: nothing of them may run or reach out. */
import type { Asset } from '../../generated/entities.ts';
import type { ChannelLimits, Files } from '../contracts.ts';
import { altFile } from '../document.ts';
import { lengthOf } from '../room.ts';

/** By extension, never by name. */
const SHOWN_AS = {
  html: 'page',
  htm: 'page',
  png: 'image',
  jpg: 'image',
  jpeg: 'image',
  webp: 'image',
  gif: 'image',
  svg: 'drawing',
  pdf: 'document',
} as const;

export interface PreviewedFile {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  /** drawing: a picture that could hold scripts; description: of a picture; data: bytes that mean nothing to a reader. */
  readonly shown: (typeof SHOWN_AS)[keyof typeof SHOWN_AS] | 'text' | 'description' | 'data';
  /** Of a page: it looks different in the dark. */
  readonly schemes?: true;
  /** Of a picture. */
  readonly alt?: string;
  /** Of the text of a post: characters as the channel counts them, and how many it takes. */
  readonly length?: { readonly characters: number; readonly limit?: number };
}

export const extensionOf = (name: string): string => /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';

function shownAs(name: string, content: string | Uint8Array): PreviewedFile['shown'] {
  const extension = extensionOf(name);
  if (Object.hasOwn(SHOWN_AS, extension)) return SHOWN_AS[extension as keyof typeof SHOWN_AS];
  return typeof content === 'string' ? 'text' : 'data';
}

/** File that holds the alternative text of a picture. */
const descriptionOf = (name: string): string | undefined => (altFile(name) === name ? undefined : altFile(name));

export function previewedFiles(asset: Asset, files: Files, limits: ChannelLimits): PreviewedFile[] {
  const descriptions = new Set(asset.files.flatMap(({ name }) => descriptionOf(name) ?? []));
  return asset.files.flatMap(({ name, sha256 }): PreviewedFile[] => {
    const content = files.get(name);
    if (content === undefined) return [];
    const shown = descriptions.has(name) ? 'description' : shownAs(name, content);
    const isPicture = shown === 'image' || shown === 'drawing';
    const isPost = asset.kind === 'social_post' && shown === 'text';
    return [
      {
        name,
        sha256,
        bytes: Buffer.byteLength(content),
        shown,
        ...(isPicture ? { alt: textOf(files.get(descriptionOf(name) ?? '') ?? asset.title).trim() } : {}),
        ...(shown === 'page' && hasSchemes(textOf(content)) ? { schemes: true } : {}),
        ...(isPost ? { length: lengthIn(textOf(content).trim(), limits) } : {}),
      },
    ];
  });
}

const lengthIn = (text: string, limits: ChannelLimits): NonNullable<PreviewedFile['length']> => ({
  characters: lengthOf(text, limits),
  ...(limits.maxLength === undefined ? {} : { limit: limits.maxLength }),
});

export const textOf = (content: string | Uint8Array | undefined): string =>
  typeof content === 'string' ? content : new TextDecoder().decode(content);

/** Text and pictures of the file itself, and nothing else: no script, no request, no form, no frame. */
export const ASSET_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; form-action 'none'; base-uri 'none'";

/**
 * An HTML file as it may be opened by itself. The policy stands before the first byte of the file, so that it holds
 * whatever follows; wherever it is served from, no script of it runs.
 */
export const disarmed = (html: string): string =>
  `<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${ASSET_POLICY}">\n${html.replace(/^\uFEFF/, '')}`;

export const SCHEMES = ['light', 'dark'] as const;
export type Scheme = (typeof SCHEMES)[number];

const ASKS_FOR = /\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)/gi;

export const hasSchemes = (html: string): boolean => html.search(ASKS_FOR) >= 0;

/**
 * A page as a reader with that setting sees it, for a frame without an origin has the setting of the machine. Its own
 * policy may know its style by a digest: it gives way to the one that `disarmed` puts before it.
 */
export const inScheme = (html: string, scheme: Scheme): string =>
  html
    .replace(ASKS_FOR, (_query, asked: string) => (asked.toLowerCase() === scheme ? '(min-width:0)' : '(max-width:0)'))
    .replace(/(color-scheme\s*:\s*)light dark/gi, `$1${scheme}`)
    .replace(/(<meta name="color-scheme" content=")[^"]*/gi, `$1${scheme}`)
    .replace(/http-equiv="Content-Security-Policy"/gi, 'name="own-policy"');
