/** What a reader can see and a screen reader say, as far as markup and styles tell; a browser knows more. */
import type { Computed } from './css.ts';
import { attributeOf, type Element } from './parse.ts';

export interface Sight {
  /** By eye, as far as one can tell. */
  readonly seen: boolean;
  /** By a screen reader. */
  readonly heard: boolean;
  /** By everybody, on every device: what a requirement needs. */
  readonly sure: boolean;
  /** As if it were not in the document: what stands around it meets. */
  readonly gone: boolean;
  readonly state: State;
}

/** What is inherited; `box` and `spoken` are lost for good, the rest may be set anew further down. */
interface State {
  readonly box: boolean;
  readonly spoken: boolean;
  readonly always: boolean;
  readonly visibility: boolean;
  readonly tiny: boolean;
  /** undefined: not known. */
  readonly color: Color | undefined;
  readonly ground: Color | undefined;
}

type Color = readonly [red: number, green: number, blue: number, alpha: number];

export const RELEVANT =
  /^(?:display|visibility|content-visibility|opacity|filter|font|font-size|color|-webkit-text-fill-color|background|background-color|background-image|(?:max-)?(?:height|width|block-size|inline-size)|overflow(?:-[xy])?|clip|clip-path|left|top|right|bottom|inset|inset-.*|margin|margin-left|margin-top|margin-right|text-indent|transform|translate|scale)$/;

/** What browsers take for a value; anything else leaves the declaration before it in force. */
export const VALID: Readonly<Record<string, RegExp>> = {
  display:
    /^(?:none|contents|inline|block|flow-root|list-item|run-in|(?:inline-)?(?:block|flex|grid|table)|table-[a-z-]+|ruby[a-z-]*|math|-webkit-(?:inline-)?(?:box|flex)|(?:block|inline) [a-z -]+|inherit|initial|unset|revert(?:-layer)?)$/,
  visibility: /^(?:visible|hidden|collapse|inherit|initial|unset|revert(?:-layer)?)$/,
  opacity: /^(?:[+-]?[\d.]+(?:e[+-]?\d+)?%?|calc\(.*\)|inherit|initial|unset|revert(?:-layer)?)$/,
  'font-size':
    /^(?:[+]?[\d.]+(?:e[+-]?\d+)?(?:[a-z]+|%)?|(?:calc|clamp|min|max)\(.*\)|(?:xx?x?-)?(?:small|large)|medium|smaller|larger|math|inherit|initial|unset|revert(?:-layer)?)$/,
};

const NEVER_SEEN = new Set(['template', 'noscript', 'iframe', 'object', 'datalist', 'noembed', 'noframes']);

const NAMED: Readonly<Record<string, string>> = {
  black: '#000',
  white: '#fff',
  red: '#f00',
  green: '#008000',
  blue: '#00f',
  yellow: '#ff0',
  gray: '#808080',
  grey: '#808080',
  silver: '#c0c0c0',
  navy: '#000080',
  whitesmoke: '#f5f5f5',
  snow: '#fffafa',
  ivory: '#fffff0',
  transparent: '#0000',
};

function colorOf(text: string): Color | undefined {
  const word = text.trim().toLowerCase();
  const hex = /^#([\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/.exec(NAMED[word] ?? word)?.[1];
  if (hex !== undefined) {
    const pairs = hex.length < 6 ? [...hex].map((digit) => digit + digit) : (hex.match(/../g) ?? []);
    const [red = 0, green = 0, blue = 0, alpha = 255] = pairs.map((pair) => Number.parseInt(pair, 16));
    return [red, green, blue, alpha / 255];
  }
  const parts = /^rgba?\(([^()]*)\)$/
    .exec(word)?.[1]
    ?.split(/[\s,/]+/)
    .filter((part) => part !== '');
  if (!parts || parts.length < 3) return undefined;
  const [red = 0, green = 0, blue = 0] = parts.map((part) => Number.parseFloat(part) * (part.endsWith('%') ? 2.55 : 1));
  const alpha = parts[3] ?? '1';
  return [red, green, blue, Number.parseFloat(alpha) / (alpha.endsWith('%') ? 100 : 1)];
}

/** Closer than an eye can tell. */
const isSame = (one: Color, other: Color): boolean =>
  [0, 1, 2].every((part) => Math.abs((one[part] ?? 0) - (other[part] ?? 0)) <= 12);

const BLACK: Color = [0, 0, 0, 1];
const WHITE: Color = [255, 255, 255, 1];

export const START: Sight = {
  seen: true,
  heard: true,
  sure: true,
  gone: false,
  state: { box: true, spoken: true, always: true, visibility: true, tiny: false, color: BLACK, ground: WHITE },
};

const isZero = (value: string | undefined, most = 0): boolean =>
  value !== undefined && /^[+-]?[\d.]/.test(value) && /^[+-]?[\d.]+(?:e-?\d+)?(?:px|pt|r?em|%|v[wh])?$/.test(value)
    ? Math.abs(Number.parseFloat(value)) <= (/px|pt|^[\d.]+$/.test(value) ? most : Math.min(most, 0.05))
    : false;

/** Pixels, roughly: what is a screen or more away is out of sight. */
function isFarAway(length: string): boolean {
  const amount = Math.abs(Number.parseFloat(length));
  if (/%|v[wh]|vmin|vmax/.test(length)) return amount >= 100;
  return amount >= (/em|rem|ch/.test(length) ? 60 : 900);
}
const OUTSIDE = ['left', 'top', 'right', 'bottom', 'inset', 'margin', 'margin-left', 'margin-top', 'margin-right'];

function isOutside(styles: Computed): boolean {
  const lengths = OUTSIDE.flatMap((name) => (styles.get(name) ?? '').match(/-[\d.]+[a-z%]*/g) ?? []);
  const moved = `${styles.get('transform') ?? ''} ${styles.get('translate') ?? ''} ${styles.get('text-indent') ?? ''}`;
  return [...lengths, ...(moved.match(/-?[\d.]+(?:px|r?em|ch|%|v\w+)/g) ?? [])].some(isFarAway);
}

function isClipped(styles: Computed): boolean {
  const clip = styles.get('clip') ?? '';
  const path = styles.get('clip-path') ?? '';
  const inset = /^inset\(\s*([\d.]+)%/.exec(path)?.[1];
  const edges = /^rect\(([^()]*)\)$/
    .exec(clip)?.[1]
    ?.split(/[\s,]+/)
    .filter((edge) => edge !== '');
  if (edges?.every((edge) => isZero(edge, 1))) return true;
  return (
    (inset !== undefined && Number(inset) >= 50) ||
    /^(?:circle|ellipse)\(\s*0(?![.\d])/.test(path) ||
    /^polygon\([\s0,px%]*\)$/.test(path)
  );
}

function hasNoRoom(styles: Computed): boolean {
  const cuts = /hidden|clip/.test(
    ['overflow', 'overflow-x', 'overflow-y'].map((name) => styles.get(name) ?? '').join(),
  );
  const sizes = ['height', 'width', 'max-width', 'block-size', 'inline-size'].map((name) => styles.get(name));
  return isZero(styles.get('max-height'), 1) || (cuts && sizes.some((size) => isZero(size, 1)));
}

const fades = (styles: Computed): boolean => {
  const opacity = styles.get('opacity') ?? /opacity\(([^()]*)\)/.exec(styles.get('filter') ?? '')?.[1] ?? '1';
  return Number.parseFloat(opacity) / (opacity.endsWith('%') ? 100 : 1) < 0.1;
};

const shrinks = (styles: Computed): boolean =>
  /scale(?:3d|[xy])?\(\s*0(?![.\d])/.test(styles.get('transform') ?? '') ||
  /^0(?![.\d])/.test(styles.get('scale') ?? '');

const isGone = (styles: Computed): boolean =>
  styles.get('display') === 'none' || styles.get('content-visibility') === 'hidden';
const isInvisible = (styles: Computed): boolean => /^(?:hidden|collapse)$/.test(styles.get('visibility') ?? '');
const isUnseen = (styles: Computed): boolean =>
  fades(styles) || shrinks(styles) || isClipped(styles) || isOutside(styles) || hasNoRoom(styles);

const fontSizeOf = (styles: Computed): string | undefined =>
  styles.get('font-size') ?? /(?:^|\s)([\d.]+(?:px|pt|r?em|%|v[wh]))(?=[\s/])/.exec(styles.get('font') ?? '')?.[1];

function groundOf(element: Element, styles: Computed, above: Color | undefined): Color | undefined {
  const written = styles.get('background-color') ?? styles.get('background') ?? attributeOf(element, 'bgcolor');
  const picture = `${styles.get('background-image') ?? ''} ${styles.get('background') ?? ''}`;
  if (/url\(|gradient\(/.test(picture)) return undefined;
  if (written === undefined || /^(?:none|initial|unset|0|inherit)?$/.test(written)) return above;
  const color =
    colorOf(written) ?? (written.match(/#[\da-f]+|rgba?\([^()]*\)|[a-z]+/g) ?? []).map(colorOf).find(Boolean);
  if (!color || color[3] >= 1) return color;
  return color[3] === 0 ? above : undefined;
}

/** Elements that browsers colour on their own. */
const COLOURED = new Set(['a', 'button', 'input', 'select', 'textarea', 'mark', 'option']);

function inkOf(element: Element, styles: Computed, above: Color | undefined): Color | undefined {
  const hint = element.tagName === 'font' ? attributeOf(element, 'color') : attributeOf(element, 'text');
  const written = styles.get('-webkit-text-fill-color') ?? styles.get('color') ?? hint;
  if (written === undefined) return COLOURED.has(element.tagName) ? undefined : above;
  return /^(?:inherit|currentcolor|unset)$/.test(written) ? above : colorOf(written);
}

/** true when markup takes an element away whatever its styles say. */
function isAbsent(element: Element): boolean {
  const { tagName } = element;
  if (tagName === 'template') return attributeOf(element, 'shadowrootmode') === undefined;
  if (tagName === 'dialog') return attributeOf(element, 'open') === undefined;
  const isHiddenInput = tagName === 'input' && attributeOf(element, 'type')?.trim().toLowerCase() === 'hidden';
  return NEVER_SEEN.has(tagName) || isHiddenInput;
}

export function sightOf(
  element: Element,
  styles: { always: Computed; attimes: readonly Computed[] },
  above: Sight,
): Sight {
  const { always, attimes } = styles;
  // Most elements have nothing that could change how they are seen.
  const isPlain = always.size === 0 && attimes.length === 0 && element.attrs.length === 0;
  if (isPlain && !isAbsent(element) && !COLOURED.has(element.tagName))
    return above.gone ? { ...above, gone: false } : above;
  const isHidden = attributeOf(element, 'hidden') !== undefined;
  const gone = isAbsent(element) || isGone(always) || (isHidden && !always.has('display'));
  const muted = attributeOf(element, 'aria-hidden')?.trim().toLowerCase() === 'true';
  const visibility = always.get('visibility');
  const size = fontSizeOf(always);
  const before = above.state;
  const state: State = {
    box: before.box && !gone && !isUnseen(always),
    spoken: before.spoken && !gone && !muted && attributeOf(element, 'inert') === undefined,
    always: before.always && !isHidden && !attimes.some((rare) => isGone(rare) || isInvisible(rare) || isUnseen(rare)),
    visibility: visibility === undefined || visibility === 'inherit' ? before.visibility : !isInvisible(always),
    tiny: size === undefined ? before.tiny : isZero(size, 2) || (before.tiny && /^[\d.]+(?:em|%)$/.test(size)),
    color: inkOf(element, always, before.color),
    ground: groundOf(element, always, before.ground),
  };
  const { color, ground } = state;
  const blends = color !== undefined && (color[3] < 0.1 || (ground !== undefined && isSame(color, ground)));
  const seen = state.box && state.visibility && !state.tiny && !blends;
  const heard = state.spoken && state.visibility;
  return { seen, heard, sure: seen && heard && state.always, gone, state };
}
