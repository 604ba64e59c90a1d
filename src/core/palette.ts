/** Colours of a brand in the dark, derived from the tokens for light. */
import type { Brand } from '../generated/entities.ts';

export type Palette = Readonly<Record<'ink' | 'muted' | 'paper' | 'surface' | 'line' | 'accent' | 'onAccent', string>>;

type Rgb = readonly [number, number, number];

const rgbOf = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
const hexOf = (rgb: Rgb): string =>
  `#${rgb.map((channel) => Math.round(channel).toString(16).padStart(2, '0')).join('')}`;
const mix = (from: string, to: string, share: number): string => {
  const target = rgbOf(to);
  return hexOf(
    rgbOf(from).map((channel, index) => channel + ((target[index] ?? 0) - channel) * share) as unknown as Rgb,
  );
};

function luminance(hex: string): number {
  const [red, green, blue] = rgbOf(hex).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG 2.2 contrast ratio, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const STEPS = Array.from({ length: 21 }, (_, step) => step / 20);

/** The colour, moved towards another one just far enough for the contrast. */
const readable = (color: string, towards: string, on: string, ratio: number): string =>
  STEPS.map((share) => mix(color, towards, share)).find((mixed) => contrast(mixed, on) >= ratio) ?? towards;

/** The same hue at full strength, softened: #0a6247 -> #53ffcb */
function vivid(color: string): string {
  const rgb = rgbOf(color);
  const strongest = Math.max(...rgb, 1);
  return mix(hexOf(rgb.map((channel) => (channel * 255) / strongest) as unknown as Rgb), '#ffffff', 0.25);
}

export const lightPalette = ({ ink, muted, paper, surface, line, accent, on_accent }: Brand['design']): Palette => ({
  ink,
  muted,
  paper,
  surface,
  line,
  accent,
  onAccent: on_accent,
});

/** Text keeps at least 7 to 1 and accents 4.5 to 1 on the lighter of the two dark grounds. */
export function darkPalette({ ink, muted, paper, accent }: Brand['design']): Palette {
  const ground = mix(ink, '#000000', 0.45);
  const surface = mix(ground, '#ffffff', 0.06);
  // Towards white alone, a colour would turn grey before it is bright enough.
  const bright = readable(readable(accent, vivid(accent), surface, 6), '#ffffff', surface, 6);
  return {
    ink: readable(paper, '#ffffff', surface, 12),
    muted: readable(muted, '#ffffff', surface, 7),
    paper: ground,
    surface,
    line: mix(ground, '#ffffff', 0.18),
    accent: bright,
    onAccent: readable(ground, '#000000', bright, 4.5),
  };
}

/** Text and the ground that it stands on. */
const PAIRS = [
  ['ink', 'paper'],
  ['ink', 'surface'],
  ['muted', 'paper'],
  ['muted', 'surface'],
  ['accent', 'paper'],
  ['on_accent', 'accent'],
] as const;

/** Of text of normal size: https://www.w3.org/TR/WCAG22/#contrast-minimum */
const LEAST_CONTRAST = 4.5;

export interface ContrastFault {
  /** Token of the text. */
  readonly token: (typeof PAIRS)[number][0];
  readonly message: string;
}

/** Cut, not rounded: 4.4999 is not enough. */
const shownRatio = (ratio: number): string => (Math.floor(ratio * 100) / 100).toFixed(2);

/** Colours that nobody could read on each other, in the light and in the dark that is derived from it. */
export function contrastFaults(design: Brand['design']): ContrastFault[] {
  const faultsIn = (colors: Palette, isDark: boolean): ContrastFault[] =>
    PAIRS.flatMap(([token, ground]) => {
      const text = colors[token === 'on_accent' ? 'onAccent' : token];
      const behind = colors[ground];
      const ratio = contrast(text, behind);
      if (ratio >= LEAST_CONTRAST) return [];
      const pair = isDark
        ? `gives ${text} on ${ground} ${behind} in dark colours`
        : `is ${text} on ${ground} ${behind}`;
      return [
        { token, message: `${pair}: contrast ${shownRatio(ratio)}, expected at least ${LEAST_CONTRAST} (WCAG 2.2 AA)` },
      ];
    });
  const light = faultsIn(lightPalette(design), false);
  const known = new Set(light.map(({ token }) => token));
  // What cannot be read in the light is mended there first.
  return [...light, ...faultsIn(darkPalette(design), true).filter(({ token }) => !known.has(token))];
}
