/**
 * The logo of a brand: an SVG that stands inline in pages, so that it loads nothing and takes their colours. It is
 * written in a small part of XML that every parser reads alike, and only shapes are let through: what may run, load or
 * be named from elsewhere has no place in it.
 */
import type { Brand } from '../generated/entities.ts';
import type { Files } from './contracts.ts';
import { locate } from './document.ts';
import type { Problem } from './errors.ts';

const SHAPES = new Set(['g', 'path', 'circle', 'ellipse', 'rect', 'line', 'polyline', 'polygon']);
const ATTRIBUTES = new Set(
  (
    'viewBox width height x y x1 y1 x2 y2 cx cy r rx ry d points transform opacity fill fill-opacity fill-rule ' +
    'stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray'
  ).split(' '),
);
const MAX_CHARACTERS = 4_000;
const NAMESPACE = 'http://www.w3.org/2000/svg';

/** Numbers, paths and names of colours, and what a page gives; no address fits, no name of another element either. */
const VALUE = /^(?:[\w\s.,#%+-]*|(?:(?:matrix|translate|scale|rotate|skew[XY])\([\d\s.,e+-]*\)\s*)+|var\(--accent\))$/;

/** Space, comment or declaration; a tag with its name and attributes; anything else. */
const PIECE =
  /(?<silent>\s+|<!--.*?-->|<\?xml[^>]*\?>)|<(?<end>\/?)(?<name>[A-Za-z][\w-]*)(?<attributes>(?:\s+[\w:-]+\s*=\s*(?:"[^"<&]*"|'[^'<&]*'))*)\s*(?<empty>\/?)>|(?<other>.[^\n<]*)/gs;
const ATTRIBUTE = /([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

interface Fault {
  readonly at: number;
  readonly message: string;
}

function attributeFault(name: string, value: string): string | undefined {
  if (name === 'xmlns') return value === NAMESPACE ? undefined : `xmlns is "${value}", expected ${NAMESPACE}`;
  if (!ATTRIBUTES.has(name)) return `${name} has no place in a logo, expected of ${[...ATTRIBUTES].join(', ')}`;
  if (VALUE.test(value)) return undefined;
  return `${name} is "${value.slice(0, 60)}", expected numbers, a colour, currentColor or var(--accent)`;
}

const attributeFaults = (attributes: string, at: number): Fault[] =>
  [...attributes.matchAll(ATTRIBUTE)].flatMap(({ index, 1: name = '', 2: one, 3: other }) => {
    const message = attributeFault(name, one ?? other ?? '');
    return message === undefined ? [] : [{ at: at + index, message }];
  });

function faultsOf(svg: string): Fault[] {
  if (svg.length > MAX_CHARACTERS)
    return [{ at: 0, message: `the logo has ${svg.length} characters, expected at most ${MAX_CHARACTERS}` }];
  const faults: Fault[] = [];
  const open: string[] = [];
  let roots = 0;
  for (const { index: at, groups = {} } of svg.matchAll(PIECE)) {
    const { silent, end, name = '', attributes = '', empty, other } = groups;
    if (silent !== undefined) continue;
    const isRoot = open.length === 0;
    const isRight = isRoot ? name === 'svg' && roots === 0 && end === '' : SHAPES.has(name) || end === '/';
    if (other !== undefined || !isRight) {
      const shown = other?.slice(0, 40) ?? `<${end}${name}>`;
      faults.push({ at, message: `"${shown}" has no place here, expected one <svg> with ${[...SHAPES].join(', ')}` });
    } else if (end === '/') {
      if (open.pop() !== name) return [...faults, { at, message: `</${name}> closes what is not open` }];
    } else {
      if (isRoot) roots += 1;
      if (isRoot && !/\sviewBox\s*=/.test(attributes)) faults.push({ at, message: 'the logo has no viewBox' });
      faults.push(...attributeFaults(attributes, at + 1 + name.length));
      if (empty === '') open.push(name);
    }
  }
  const isWhole = roots === 1 && open.length === 0;
  return isWhole || faults.length > 0 ? faults : [{ at: svg.length, message: 'the logo ends before </svg>' }];
}

/** Everything that keeps a file from being a logo, each at its place. */
export const logoProblems = (path: string, svg: string): Problem[] =>
  faultsOf(svg).map(({ at, message }) => ({ file: path, ...locate(svg, at), message }));

/** Source of the logo; undefined when the brand has none, or none that may be shown. */
export function logoOf({ logo }: Pick<Brand['design'], 'logo'>, templates: Files): string | undefined {
  const svg = logo === undefined ? undefined : templates.get(logo);
  return typeof svg === 'string' && faultsOf(svg).length === 0 ? svg : undefined;
}

/** For inside of a page, beside the name that it stands for; empty without a logo. */
export const inlineLogo = (design: Pick<Brand['design'], 'logo'>, templates: Files): string =>
  (logoOf(design, templates) ?? '')
    .replace(/<!--.*?-->|<\?xml[^>]*\?>|\sxmlns="[^"]*"|\sxmlns='[^']*'/gs, '')
    .replace(/>\s+</g, '><')
    .trim()
    .replace('<svg', '<svg aria-hidden="true" focusable="false"');

/** For where nothing gives it colours, such as the icon of a page. */
export const colouredLogo = (
  design: Pick<Brand['design'], 'logo'>,
  templates: Files,
  colours: { readonly ink: string; readonly accent: string },
): string | undefined =>
  logoOf(design, templates)?.replaceAll('currentColor', colours.ink).replaceAll('var(--accent)', colours.accent);
